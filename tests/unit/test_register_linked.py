"""The register's JSON-LD, read by tools that are not ours: it parses, its terms are IRIs, it has what Art. 30(2) asks."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyshacl import validate
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF
from tests.unit.test_register import whole

from bailee.clauses.processing_register import forms, linked
from bailee.clauses.processing_register.events import Register
from bailee.vocabulary.operations import DPV

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
TERMS, OURS = Namespace(DPV), Namespace(linked.OURS)
SHAPES = Path(__file__).parents[2] / "docs" / "reference" / "register.shacl.ttl"


def graph(register: Register) -> Graph:
    return Graph().parse(data=forms.made(register, "json-ld", "en"), format="json-ld")


def conforms(read: Graph) -> tuple[bool, str]:
    good, _, words = validate(read, shacl_graph=Graph().parse(SHAPES, format="turtle"), advanced=False)
    return bool(good), str(words)


def test_what_is_read_back_are_the_facts_of_the_register():
    one = whole()
    read = graph(one)
    [root] = read.subjects(RDF.type, TERMS.ROPA)
    assert str(read.value(root, OURS.digest)) == one.digest
    processes = {str(read.value(node, DCTERMS.identifier)): node for node in read.objects(root, TERMS.hasProcess)}
    assert set(processes) == {each.id for each in one.declared.activities}
    for each in one.declared.activities:
        node = processes[each.id]
        assert {str(found) for found in read.objects(node, OURS.category)} == set(each.categories)
        assert len(set(read.objects(node, TERMS.hasPurpose))) <= len(each.purposes)
    assert read.value(processes["service:own-acts"], OURS.timesUsed) == Literal(12)
    names = {str(found) for found in read.objects(None, TERMS.hasName)}
    assert {"Coopérative des Alpages", "Passerelle SAS", "Ada", "Cloud Inc.", "Poste SA"} <= names
    said = {
        (str(found), found.language) for found in read.objects(None, DCTERMS.description) if isinstance(found, Literal)
    }
    assert {("Every access.", "en"), ("Chaque accès.", "fr")} <= said


def test_every_term_is_an_absolute_iri_of_a_known_vocabulary_and_nothing_is_left_unread():
    read = graph(whole())
    known = (DPV, "https://w3id.org/dpv/pd#", linked.OURS, str(DCTERMS), str(RDF), "urn:uuid:")
    found = {term for triple in read for term in triple if isinstance(term, URIRef)}
    assert len(found) > 50
    assert [term for term in found if not str(term).startswith(known)] == []
    assert [term for term in found if set(str(term)) & set(' <>"{}|\\^`')] == []


def test_it_has_what_the_law_asks_for():
    good, words = conforms(graph(whole()))
    assert good, words


@pytest.mark.parametrize("part", ["purposes", "operations", "data", "persons"])
def test_a_process_that_lacks_a_part_is_found(part):
    tree: dict[str, Any] = json.loads(forms.made(whole(), "json-ld", "en"))
    del tree["processes"][0][part]
    good, words = conforms(Graph().parse(data=json.dumps(tree), format="json-ld"))
    assert not good, words


def test_a_party_without_a_name_is_found():
    one = whole()
    nameless = msgspec.structs.replace(one.declared.controller, name="")
    good, _ = conforms(
        graph(msgspec.structs.replace(one, declared=msgspec.structs.replace(one.declared, controller=nameless)))
    )
    assert not good
