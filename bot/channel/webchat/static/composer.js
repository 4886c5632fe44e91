// What a person writes and sends: text, files, contacts, presses. A post bears
// a key of its own, so that trying again never doubles it; texts that did not
// reach the server are kept over a reload and sent when the line is back.

import { h, icon, size, toast } from "./dom.js";
import { chatPath, post, Refused } from "./net.js";
import { Suggest } from "./suggest.js";
import { askContact } from "./contact.js";

const exampleplace = { lat: -6.4797, lon: 106.8249 }; // Cibinong, the seat of the regency

/** newKey names a post, by enough chance to be the only one of that name. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.app = pane.app;
    this.el = pane.el.querySelector(".composer");
    this.form = this.el.querySelector("form");
    this.text = this.el.querySelector("textarea");
    this.extra = this.el.querySelector(".extra");
    this.keys = this.el.querySelector(".keys");
    this.menu = this.el.querySelector(".attach-menu");
    this.input = this.el.querySelector(".file");
    this.unsent = new Map(); // key → {body, file, m}: not yet known to the server
    this.line = Promise.resolve(); // posts go out one after the other
    this.draftKey = `draft:${pane.intro.id}`;
    this.unsentKey = `unsent:${pane.intro.id}`;
    const title = pane.intro.title;
    this.text.setAttribute("aria-label", pane.intro.group ? `Pesan ke ${title}` : `Pesan dari ${title} ke bot`);
    this.text.maxLength = this.app.limits.text;
    this.speakers();
    this.attachMenu();
    this.suggest = new Suggest(this.text, this.el.querySelector(".suggest"), `suggest-${pane.n}`);
    this.wire();
    this.text.value = sessionStorage.getItem(this.draftKey) || "";
    this.grow();
  }

  speakers() {
    const { group, members } = this.pane.intro;
    this.as = members[0];
    if (!group) return;
    const box = this.el.querySelector(".speaker");
    const select = box.querySelector("select");
    for (const id of members) {
      const p = this.app.people.get(id);
      select.append(h("option", { value: id }, p.name));
    }
    select.addEventListener("change", () => {
      this.as = select.value;
      this.pane.redress();
      this.refreshMenu();
    });
    box.hidden = false;
  }

  wire() {
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => {
      sessionStorage.setItem(this.draftKey, this.text.value);
      this.grow();
    });
    this.text.addEventListener("keydown", (e) => {
      if (e.isComposing || this.suggest.key(e)) return;
      if (e.key === "Enter" && !e.shiftKey) {
        e.preventDefault();
        this.submit();
      } else if (e.key === "Escape") {
        this.dropExtra();
      }
    });
    this.text.addEventListener("paste", (e) => {
      const file = e.clipboardData?.files[0];
      if (!file) return;
      e.preventDefault();
      this.attach(file);
    });
    this.input.addEventListener("change", () => {
      if (this.input.files[0]) this.attach(this.input.files[0]);
      this.input.value = "";
    });
    this.wireDrop();
  }

  wireDrop() {
    const el = this.pane.el;
    let depth = 0;
    const over = (on) => el.classList.toggle("dropping", on);
    el.addEventListener("dragenter", (e) => {
      if (!e.dataTransfer.types.includes("Files")) return;
      depth++;
      over(true);
    });
    el.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (!depth) over(false);
    });
    el.addEventListener("dragover", (e) => e.preventDefault());
    el.addEventListener("drop", (e) => {
      e.preventDefault();
      depth = 0;
      over(false);
      if (e.dataTransfer.files[0]) this.attach(e.dataTransfer.files[0]);
    });
  }

  grow() {
    this.text.style.height = "auto";
    if (!this.text.value) return; // one row, whatever the placeholder would take
    this.text.style.height = `${Math.min(this.text.scrollHeight, 132)}px`;
  }

  attachMenu() {
    const toggle = this.el.querySelector(".attach");
    const show = (on) => {
      this.menu.hidden = !on;
      toggle.setAttribute("aria-expanded", String(on));
    };
    this.closeMenu = () => show(false);
    toggle.addEventListener("click", () => {
      show(this.menu.hidden);
      if (!this.menu.hidden) this.menu.querySelector("button")?.focus();
    });
    this.menu.addEventListener("keydown", (e) => {
      const all = [...this.menu.querySelectorAll("button")];
      const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (e.key === "Escape") {
        show(false);
        toggle.focus();
      } else if (step) {
        e.preventDefault();
        all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
      }
    });
    document.addEventListener("click", (e) => {
      if (!this.menu.contains(e.target) && !toggle.contains(e.target)) show(false);
    });
    this.refreshMenu();
  }

  refreshMenu() {
    const entry = (name, label, run) => h("button", { type: "button", onclick: () => {
      this.closeMenu();
      run();
    } }, icon(name), h("span", {}, label));
    const me = this.app.people.get(this.as);
    this.menu.replaceChildren(...[
      entry("file", "Foto atau berkas", () => this.input.click()),
      me?.phone && entry("phone", "Nomor saya", () => this.shareOwn()),
      entry("person", "Kontak orang lain", () => askContact(this.app.people, this.as, (card) => this.send({ type: "contact", ...card }))),
      entry("place", "Lokasi contoh", () => this.send({ type: "location", ...exampleplace })),
      entry("voice", "Pesan suara", () => this.send({ type: "voice" })),
      entry("sticker", "Stiker", () => this.send({ type: "sticker" })),
    ].filter(Boolean));
  }

  /** chat takes the menu and the standing offer to share one's number. */
  chat(v) {
    const commands = v.menu.map((c) => ({ insert: `/${c.name}`, label: `/${c.name}`, note: c.description }));
    this.suggest.set(commands, this.pane.intro.group ? [{ insert: `@${this.app.bot}`, label: `@${this.app.bot}`, note: "Panggil bot" }] : []);
    this.keys.hidden = !v.askContact;
    if (this.keys.dataset.label === (v.askContact || "")) return;
    this.keys.dataset.label = v.askContact || "";
    this.keys.replaceChildren();
    if (v.askContact) {
      this.keys.append(h("button", { type: "button", class: "key", onclick: () => this.shareOwn() }, icon("phone"), h("span", {}, v.askContact)));
    }
  }

  shareOwn() {
    this.send({ type: "contact", person: this.as });
    this.text.focus();
  }

  reply(m) {
    if (!m) return;
    const name = m.from === "bot" ? "E-MILE KU" : this.app.people.get(m.from)?.name;
    this.setExtra({ replyTo: m.id }, h("div", { class: "extra-text" }, h("b", {}, `Membalas ${name}`), h("span", {}, (m.text || []).map((s) => s.t).join("") || m.file?.name || "")));
    this.text.focus();
  }

  edit(m) {
    if (!m) return;
    if (m.from !== this.as) return toast("Hanya pesan sendiri yang dapat diubah.");
    const text = (m.text || []).map((s) => s.t).join("");
    this.setExtra({ edit: m.id }, h("div", { class: "extra-text" }, h("b", {}, "Mengubah pesan"), h("span", {}, text)));
    this.text.value = text;
    this.grow();
    this.text.focus();
  }

  attach(file) {
    if (file.size > this.app.limits.upload) return toast("Berkas terlalu besar. Batasnya 10 MB.");
    if (!file.size) return toast("Berkas itu kosong.");
    const picture = /^image\/(png|jpeg|gif)$/.test(file.type);
    const url = picture ? URL.createObjectURL(file) : "";
    const asFile = h("input", { type: "checkbox" });
    this.setExtra({ file, url, asFile },
      picture ? h("img", { class: "thumb", src: url, alt: "" }) : h("span", { class: "thumb" }, icon("file")),
      h("div", { class: "extra-text" }, h("b", {}, file.name), h("span", {}, size(file.size)), picture && h("label", {}, asFile, " Kirim sebagai berkas")));
    this.text.focus();
  }

  setExtra(state, ...content) {
    this.dropExtra();
    this.state = state;
    this.extra.replaceChildren(...content, h("button", { type: "button", class: "tiny", "aria-label": "Batalkan", onclick: () => {
      this.dropExtra();
      this.text.focus();
    } }, icon("close")));
    this.extra.hidden = false;
  }

  dropExtra() {
    if (this.state?.url) URL.revokeObjectURL(this.state.url);
    if (this.state?.edit) this.setText("");
    this.state = null;
    this.extra.hidden = true;
    this.extra.replaceChildren();
  }

  setText(value) {
    this.text.value = value;
    sessionStorage.setItem(this.draftKey, value);
    this.grow();
  }

  submit() {
    const text = this.text.value.trim();
    const s = this.state || {};
    if (!text && !s.file) return;
    if (s.file && text.length > this.app.limits.caption) return toast(`Keterangan terlalu panjang. Batasnya ${this.app.limits.caption} huruf.`);
    this.suggest.close();
    this.setText("");
    this.state = s.edit ? { ...s, edit: "" } : this.state;
    if (s.edit) this.send({ type: "edit", message: s.edit, text });
    else if (s.file) this.send({ type: "file", text, replyTo: s.replyTo, asFile: s.asFile.checked }, s.file);
    else this.send({ type: "text", text, replyTo: s.replyTo });
    this.dropExtra();
    this.text.focus();
  }

  sendText(text) {
    this.send({ type: "text", text });
    this.text.focus();
  }

  async press(id, value, button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    await this.send({ type: "press", message: id, text: value });
    button.removeAttribute("aria-busy");
  }

  /** send posts and shows at once what is on its way. */
  send(body, file) {
    const key = newKey();
    body = { ...body, as: this.as, key };
    const shown = body.type !== "press" && body.type !== "edit";
    const entry = { body, file, m: shown ? this.preview(body, file) : null };
    this.unsent.set(key, entry);
    this.keep();
    if (entry.m) this.pane.put(entry.m);
    this.line = this.line.then(() => this.deliver(key));
    return this.line;
  }

  /** preview stands for a post until the server's own message arrives. */
  preview(body, file) {
    const kinds = { location: "place", contact: "card", file: "document" };
    const last = this.pane.items[this.pane.items.length - 1]?.m.n || 0;
    const text = body.text || file?.name || "";
    return { id: `local-${body.key}`, key: body.key, local: true, n: last + 1e-6, from: body.as, kind: kinds[body.type] || body.type,
      at: this.app.now().toISOString(), text: text ? [{ t: text }] : [], state: "pending" };
  }

  async deliver(key) {
    const entry = this.unsent.get(key);
    if (!entry || entry.out) return;
    entry.out = true;
    try {
      await this.transmit(entry);
      this.drop(key);
    } catch (err) {
      if (err instanceof Refused && err.code === "not_stored") {
        if (entry.m) this.pane.remove(entry.m.id); // the server shows it now, and tries again
        else this.drop(key);
        toast(err.message);
      } else if (err instanceof Refused) {
        this.drop(key);
        if (entry.body.type === "text") this.setText(entry.body.text);
        toast(err.message);
      } else {
        this.stalled(entry);
      }
    } finally {
      entry.out = false;
    }
  }

  transmit({ body, file }) {
    if (body.type !== "file") return post(chatPath(this.pane.intro.id, "messages"), body);
    const form = new FormData();
    for (const name of ["key", "as", "text", "replyTo"]) form.set(name, body[name] || "");
    if (body.asFile) form.set("asFile", "1");
    form.set("file", file);
    return post(chatPath(this.pane.intro.id, "files"), form);
  }

  /** stalled: the line is down; the post waits for it. */
  stalled(entry) {
    if (!entry.m) {
      this.drop(entry.body.key);
      if (entry.body.type === "edit") this.setText(entry.body.text);
      return toast("Sambungan terputus. Silakan ulangi bila sudah tersambung.");
    }
    if (!this.unsent.has(entry.body.key) || this.onServer(entry.body.key)) return;
    entry.m = { ...entry.m, state: "failed" };
    this.pane.put(entry.m);
  }

  /** resend tries everything that is waiting, when the line is back. */
  resend() {
    for (const [key, entry] of this.unsent) {
      if (!entry.m || entry.out) continue;
      if (!this.onServer(key)) {
        entry.m = { ...entry.m, state: "pending" };
        this.pane.put(entry.m);
      }
      this.line = this.line.then(() => this.deliver(key));
    }
  }

  onServer(key) {
    return this.pane.items.some((it) => it.m.key === key && !it.m.local);
  }

  async retry(m) {
    if (m.local) return this.resend();
    try {
      await post(chatPath(this.pane.intro.id, "retry"), { id: m.id });
    } catch (err) {
      toast(err instanceof Refused ? err.message : "Sambungan terputus. Silakan coba lagi.");
    }
  }

  /** arrived: the server's message takes the place of ours. */
  arrived(m) {
    if (!this.unsent.has(m.key)) return;
    if (m.state === "sent" || m.state === "read") this.drop(m.key);
    else this.pane.remove(`local-${m.key}`);
  }

  drop(key) {
    this.unsent.delete(key);
    this.pane.remove(`local-${key}`);
    this.keep();
  }

  keep() {
    const texts = [...this.unsent.values()].filter((e) => e.m && !e.file).map((e) => e.body);
    sessionStorage.setItem(this.unsentKey, JSON.stringify(texts));
  }

  /** restore shows again what a reload interrupted. */
  restore() {
    let bodies = [];
    try {
      bodies = JSON.parse(sessionStorage.getItem(this.unsentKey) || "[]");
    } catch {
      // unreadable: nothing to restore
    }
    for (const body of bodies) {
      if (this.unsent.has(body.key) || this.pane.items.some((it) => it.m.key === body.key)) continue;
      const entry = { body, m: this.preview(body) };
      this.unsent.set(body.key, entry);
      this.pane.put(entry.m);
    }
    this.keep();
  }

  /** clear forgets what was on its way and what is half written. */
  clear() {
    this.unsent.clear();
    this.keep();
    this.dropExtra();
    this.setText("");
    this.chat({ menu: [], askContact: "" });
  }
}
