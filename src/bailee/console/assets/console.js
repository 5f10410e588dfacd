// What pages need beyond HTML: theme, menu, local times, copying, passkeys, uploads. Nothing here is loaded from elsewhere.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

  const remember = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const bind = (within) => {
    for (const time of all("time[datetime]:not([data-local])", within)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = time.textContent;
      time.textContent = new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : root.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
      time.dataset.local = "";
    }
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const field of zone ? all("input[data-zone]", within) : []) field.value = zone;
    for (const said of zone ? all("span[data-zone]", within) : []) said.textContent = zone;
    for (const button of all("[data-copy]", within)) {
      button.hidden = false;
      button.onclick = async () => {
        await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
        button.querySelector("span").textContent = button.dataset.done;
      };
    }
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-act]");
    if (!target) return;
    if (target.dataset.act === "theme") {
      root.dataset.theme = dark() ? "light" : "dark";
      remember("theme", root.dataset.theme);
    } else if (target.dataset.act === "menu") {
      const rail = target.closest(".rail");
      target.setAttribute("aria-expanded", String(rail.classList.toggle("open")));
    } else if (target.dataset.act === "print") {
      print();
    }
  });
  document.addEventListener("submit", (event) => {
    const asked = event.target.dataset.confirm;
    if (asked && !confirm(asked)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // passkeys: the server's options in, the authenticator's answer out
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = (options) => {
    const found = { ...options, challenge: bytes(options.challenge) };
    if (found.user) found.user = { ...found.user, id: bytes(found.user.id) };
    for (const name of ["excludeCredentials", "allowCredentials"]) {
      if (found[name]) found[name] = found[name].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return found;
  };
  const closed = (credential) => {
    const { response } = credential;
    const found = { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: { clientDataJSON: text(response.clientDataJSON) }, clientExtensionResults: credential.getClientExtensionResults() };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) found.response[name] = text(response[name]);
    }
    if (response.getTransports) found.response.transports = response.getTransports();
    return found;
  };
  const send = async (url, body) => {
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json", "x-csrf": csrf() }, body: JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.title ?? "");
    return said;
  };
  const passkey = async (form) => {
    const wrong = form.querySelector("[data-wrong]");
    wrong.hidden = true;
    try {
      const fields = Object.fromEntries(new FormData(form));
      const begun = await send(`${form.dataset.passkey}/begin`, fields);
      const asked = { publicKey: opened(begun.options) };
      const credential = await (form.dataset.kind === "new" ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
      const done = await send(`${form.dataset.passkey}/finish`, { ...fields, challenge: begun.challenge, credential: closed(credential) });
      location.assign(done.location);
    } catch (problem) {
      wrong.querySelector("span").textContent = problem.name === "NotAllowedError" ? wrong.dataset.cancelled : (problem.message || wrong.dataset.cancelled);
      wrong.hidden = false;
    }
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-passkey]")) return;
    event.preventDefault();
    passkey(event.target);
  });

  // uploads: the file goes as it is, with its progress shown; nothing is spooled on the way
  const upload = (form, file) => {
    const bar = form.querySelector("progress"), wrong = form.querySelector("[data-wrong]");
    const request = new XMLHttpRequest();
    wrong.hidden = true;
    bar.hidden = false;
    request.upload.onprogress = (event) => { bar.max = event.total; bar.value = event.loaded; };
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { said = {}; }
      if (request.status < 300) return location.assign(said.location);
      bar.hidden = true;
      wrong.querySelector("span").textContent = said.title || form.dataset.failed;
      wrong.hidden = false;
    };
    request.onerror = () => { bar.hidden = true; wrong.querySelector("span").textContent = form.dataset.failed; wrong.hidden = false; };
    request.open("POST", form.action);
    request.setRequestHeader("x-csrf", csrf());
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-upload]");
    if (form && event.target.files?.length) upload(form, event.target.files[0]);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const drop = event.target.closest?.(".drop");
      if (!drop) return;
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) upload(drop.closest("form"), event.dataTransfer.files[0]);
    });
  }

  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["x-csrf"] = csrf(); });
  document.addEventListener("htmx:load", (event) => bind(event.detail.elt));
  if (window.PublicKeyCredential && !/^[\d.:[\]]+$/.test(location.hostname)) for (const one of all("[data-needs-passkeys]")) one.hidden = false;
  bind(document);
})();
