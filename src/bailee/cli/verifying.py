"""`bailee verify`: offline, without any server; the PDF too, which the small verifier leaves alone."""

from collections.abc import Iterable
from pathlib import Path

import click

from bailee.clauses.audits import evidence
from bailee.cli.saying import FINDING, misuse, plain, say, say_json
from bailee.proof.verify import Finding, verify_paths


@click.command("verify")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--key", "keys", multiple=True, help="A verifier key to pin: the one in your agreement.")
@click.option(
    "--checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An older one you kept."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def verify(files: tuple[Path, ...], keys: tuple[str, ...], checkpoint: Path | None, as_json: bool) -> None:
    """Verify bundles, certificates, receipts, checkpoints and ledger exports, offline.

    Says what each check proves, and what it does not. Exit 1 if anything does not hold.
    """
    try:
        found = findings(files, keys, checkpoint)
    except (ValueError, OSError) as error:
        misuse(str(error))
    if as_json:
        say_json([one._asdict() for one in found])
    else:
        for one in found:
            say(
                f"{'[green]✓[/green]' if one.ok else '[red]✗[/red]'} [bold]{plain(one.file)}[/bold] ({one.kind}): {plain(one.words)}"
            )
    raise SystemExit(0 if all(one.ok for one in found) else FINDING)


def findings(files: Iterable[Path], keys: Iterable[str] = (), checkpoint: Path | None = None) -> list[Finding]:
    """Every finding about these files and folders; a PDF beside a certificate counts as well."""
    files = list(files)
    pdfs = [file for file in files if file.suffix == ".pdf"]
    pdfs += [pdf for file in files if file.is_dir() for pdf in sorted(file.glob("*.pdf"))]
    others = [file for file in files if file.suffix != ".pdf"]
    packs = [file for file in others if file.is_dir() and evidence.is_pack(file)]
    others += [receipt for pack in packs for receipt in sorted((pack / evidence.RECEIPTS).glob("*.tlog-proof"))]
    found = verify_paths(others, keys, checkpoint) if others else []
    return [*found, *(_receipts(pack) for pack in packs), *(_pdf(pdf) for pdf in pdfs)]


def _receipts(pack: Path) -> Finding:
    """Whether the receipts of an evidence pack are those that its signed manifest lists."""
    missing = evidence.amiss(pack)
    words = (
        f"not the receipts that were signed: {', '.join(missing)}" if missing else "all receipts that it lists are here"
    )
    return Finding(str(pack / evidence.MANIFEST), "bundle", not missing, words)


def _pdf(file: Path) -> Finding:
    from bailee.infra import pdf_signature  # heavy, and only a PDF needs it

    verdict = pdf_signature.validate(file)
    return Finding(str(file), "pdf", verdict.good, verdict.words)
