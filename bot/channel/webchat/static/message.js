// One bubble: making it, and changing it in place when only its ticks or
// buttons changed, so that nothing is read aloud twice and focus stays.

import { h, icon, size, colour } from "./dom.js";
import { hours } from "./time.js";

const ticks = {
  pending: ["clock", "Sedang dikirim"],
  sent: ["tick", "Terkirim"],
  read: ["ticks", "Dibaca bot"],
  failed: ["warn", "Belum terkirim"],
};

/** body draws what a message holds. ctx: {people, actions, chat}. */
export function draw(m, ctx) {
  const mine = m.from !== "bot";
  const el = h("div", { class: `msg ${mine ? "person" : "bot"} k-${m.kind}`, "data-id": m.id, "data-from": m.from, role: "article", tabindex: "-1" });
  const bubble = h("div", { class: "bubble" });
  bubble.append(sender(m, ctx));
  if (m.replyTo) bubble.append(quoted(m.replyTo, ctx));
  const content = h("div", { class: "content" });
  fill(content, m, ctx);
  bubble.append(content, meta(m));
  const line = h("div", { class: "line" }, bubble, tools(m, ctx));
  el.append(line);
  if (m.buttons?.length) el.append(buttons(m, ctx));
  if (m.state === "failed") el.append(failed(m, ctx));
  return el;
}

/** redraw changes el from old to m and returns the element that now stands for it. */
export function redraw(el, old, m, ctx) {
  const shown = ({ text, file, replyTo, contact, location, kind, edited }) => JSON.stringify([text, file, replyTo, contact, location, kind, edited]);
  const labels = (x) => JSON.stringify((x.buttons || []).map((row) => row.map((b) => [b.label, b.value, b.url])));
  if (shown(old) === shown(m) && labels(old) === labels(m)) {
    el.querySelector(".meta").replaceWith(meta(m));
    el.querySelector(".failed")?.remove();
    if (m.state === "failed") el.append(failed(m, ctx));
    el.querySelectorAll(".choice").forEach((button) => mark(button, m, ctx));
    return el;
  }
  const next = draw(m, ctx);
  for (const c of ["first", "own"]) next.classList.toggle(c, el.classList.contains(c));
  const focused = el.contains(document.activeElement);
  el.replaceWith(next);
  if (focused) (next.querySelector(".choice") || next).focus({ preventScroll: true });
  return next;
}

function sender(m, ctx) {
  const name = m.from === "bot" ? "E-MILE KU" : ctx.people.get(m.from)?.name || "";
  const el = h("p", { class: ctx.group ? "sender" : "sr" }, name, h("span", { class: "sr" }, ", "));
  if (m.from !== "bot") el.style.setProperty("--who", colour(ctx.people.get(m.from) || {}, ctx.people.get(m.from)?.n || 0));
  return el;
}

function quoted(q, ctx) {
  const name = q.from === "bot" ? "E-MILE KU" : ctx.people.get(q.from)?.name || "Pesan lama";
  return h("button", { type: "button", class: "quoted", onclick: () => ctx.actions.show(q.id), "aria-label": `Membalas ${name}: ${q.text}` },
    h("b", {}, name), h("span", {}, q.text));
}

function fill(el, m, ctx) {
  if (m.file) el.append(m.kind === "photo" ? photo(m, ctx) : fileCard(m.file));
  if (m.contact) {
    el.append(h("div", { class: "card" }, h("span", { class: "disc" }, icon("person")),
      h("div", {}, h("b", {}, m.contact.name || "Kontak"), h("span", {}, m.contact.phone), m.contact.own && h("small", {}, "Nomor sendiri"))));
  }
  if (m.location) {
    el.append(h("div", { class: "card" }, h("span", { class: "disc" }, icon("place")),
      h("div", {}, h("b", {}, "Lokasi"), h("span", {}, `${m.location.latitude.toFixed(4)}, ${m.location.longitude.toFixed(4)}`))));
  }
  if (m.kind === "voice") {
    const bars = h("span", { class: "wave", "aria-hidden": "true" });
    for (const height of [5, 9, 14, 8, 16, 11, 6, 13, 17, 9, 12, 7, 15, 10, 5, 8]) {
      const bar = h("i");
      bar.style.height = `${height}px`;
      bars.append(bar);
    }
    el.append(h("div", { class: "card" }, h("span", { class: "disc" }, icon("voice")), h("div", {}, bars, h("span", {}, "Pesan suara, 0.04"))));
  }
  if (m.kind === "sticker") el.append(h("div", { class: "sticker" }, icon("sticker", "Stiker")));
  if (m.text?.length) el.append(text(m.text, ctx));
}

/** text makes styled runs of spans and links of web addresses. */
function text(spans, ctx) {
  const p = h("p", { class: "text" });
  for (const s of spans) {
    let at = p;
    for (const [on, tag] of [[s.b, "strong"], [s.i, "em"], [s.c, "code"]]) {
      if (!on) continue;
      const inner = document.createElement(tag);
      at.append(inner);
      at = inner;
    }
    link(at, s.t, ctx);
  }
  return p;
}

const address = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}']/g;

function link(into, value, ctx) {
  let from = 0;
  for (const hit of value.matchAll(address)) {
    into.append(value.slice(from, hit.index));
    const a = h("a", { href: hit[0], target: "_blank", rel: "noopener noreferrer" }, hit[0]);
    const own = new URL(hit[0]);
    if (own.origin === location.origin && own.searchParams.has("start")) {
      a.addEventListener("click", (e) => {
        e.preventDefault();
        ctx.actions.openLink(own.searchParams.get("start"));
      });
    }
    into.append(a);
    from = hit.index + hit[0].length;
  }
  into.append(value.slice(from));
}

function photo(m, ctx) {
  const caption = (m.text || []).map((s) => s.t).join("");
  const alt = caption ? `Gambar: ${caption.split("\n")[0]}` : `Gambar ${m.file.name}`;
  return h("button", { type: "button", class: "photo", "aria-label": `Perbesar. ${alt}`, onclick: () => ctx.actions.view(m.file, alt) },
    h("img", { src: m.file.url, alt, width: m.file.w, height: m.file.h, decoding: "async" }));
}

const kinds = { ics: "Kalender", xlsx: "Lembar kerja", csv: "Tabel CSV", pdf: "PDF", txt: "Teks", docx: "Dokumen" };

function fileCard(f) {
  const ext = f.name.includes(".") ? f.name.split(".").pop().toLowerCase() : "";
  return h("a", { class: "card filecard", href: `${f.url}?download`, download: f.name, "aria-label": `Unduh ${f.name}, ${kinds[ext] || "berkas"}, ${size(f.size)}` },
    h("span", { class: `disc ext e-${/^[a-z0-9]{1,5}$/.test(ext) ? ext : "x"}` }, ext ? ext.slice(0, 4).toUpperCase() : icon("file")),
    h("div", {}, h("b", {}, f.name), h("span", {}, `${kinds[ext] || "Berkas"} · ${size(f.size)}`)), icon("download"));
}

function meta(m) {
  const el = h("span", { class: "meta" }, m.edited && "diubah ", h("time", { datetime: m.at }, hours(m.at)));
  if (m.state) {
    const [name, label] = ticks[m.state];
    const tick = icon(name, label);
    tick.classList.add("tick", m.state);
    el.append(tick);
  }
  return el;
}

function tools(m, ctx) {
  const own = m.from !== "bot" && m.kind === "text" && !m.local;
  return h("span", { class: "msg-tools" },
    !m.local && h("button", { type: "button", class: "tiny", tabindex: "-1", "aria-label": "Balas pesan ini", title: "Balas", onclick: () => ctx.actions.reply(m.id) }, icon("reply")),
    own && h("button", { type: "button", class: "tiny", tabindex: "-1", "aria-label": "Ubah pesan ini", title: "Ubah", onclick: () => ctx.actions.edit(m.id) }, icon("edit")));
}

function buttons(m, ctx) {
  const box = h("div", { class: "choices", role: "group", "aria-label": "Pilihan" });
  for (const row of m.buttons) {
    const line = h("div", { class: "choice-row" });
    for (const b of row) {
      if (b.url) {
        line.append(h("a", { class: "choice", href: b.url, target: "_blank", rel: "noopener noreferrer" }, b.label, icon("link")));
        continue;
      }
      const el = h("button", { type: "button", class: "choice", "data-value": b.value, onclick: () => ctx.actions.press(m.id, b.value, el) }, h("span", {}, b.label));
      mark(el, m, ctx);
      line.append(el);
    }
    box.append(line);
  }
  return box;
}

/** mark shows on a button that it was pressed. */
function mark(el, m, ctx) {
  const b = m.buttons?.flat().find((x) => x.value && x.value === el.dataset.value);
  const by = b?.pressed || [];
  el.classList.toggle("pressed", by.length > 0);
  if (by.length) {
    const who = ctx.group ? ` oleh ${by.map((id) => ctx.people.get(id)?.name || id).join(", ")}` : "";
    el.setAttribute("aria-label", `${b.label}, sudah dipilih${who}`);
    el.title = `Sudah dipilih${who}`;
  }
}

function failed(m, ctx) {
  return h("p", { class: "failed" }, "Belum terkirim. ", h("button", { type: "button", onclick: () => ctx.actions.retry(m) }, "Coba lagi"));
}
