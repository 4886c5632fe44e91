// The practice page: starts the panes, follows the event stream, and turns
// panes into tabs where the screen is narrow.

import { $, face, h, toast, wireDialogs } from "./dom.js";
import { listen } from "./net.js";
import { Pane } from "./pane.js";
import { Clock } from "./clock.js";
import { wireContact } from "./contact.js";

const narrow = matchMedia("(max-width: 899px)");
const folded = matchMedia("(max-width: 1399px)"); // the toolbar becomes a menu
const title = document.title;

const app = {
  people: new Map(),
  panes: new Map(),
  limits: { text: 4096, caption: 1024, upload: 10 << 20 },
  bot: "emileku",
  current: "",
  clock: new Clock(),
  now: () => app.clock.now(),
  view,
  openLink,
  counted,
};

/** begin makes the panes, once. */
function begin(hello) {
  app.epoch = hello.epoch;
  app.limits = hello.limits;
  app.bot = hello.bot;
  if (hello.control) app.clock.start();
  if (app.panes.size) return;
  hello.people.forEach((p, n) => app.people.set(p.id, { ...p, n }));
  hello.chats.forEach((intro, n) => {
    const pane = new Pane(intro, app, n);
    app.panes.set(intro.id, pane);
    $("chats").append(pane.el);
    $("tabs").append(tab(pane, n));
  });
  const wanted = decodeURIComponent(location.hash.slice(1));
  app.current = app.panes.has(wanted) ? wanted : hello.chats[0]?.id || "";
  const sight = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) app.panes.get(target.dataset.chat)?.setInSight(isIntersecting);
  }, { root: null, threshold: 0.6 });
  for (const pane of app.panes.values()) sight.observe(pane.el);
  new ResizeObserver(layout).observe($("chats"));
  narrow.addEventListener("change", layout);
  folded.addEventListener("change", layout);
  layout();
  const start = new URLSearchParams(location.search).get("start");
  if (start) {
    history.replaceState(null, "", "/");
    openLink(start);
  }
}

function tab(pane, n) {
  const el = h("button", { type: "button", id: `tab-${n}`, "aria-controls": `pane-${n}` },
    face(h("span", { class: `avatar${pane.intro.group ? " square" : ""}`, "aria-hidden": "true" }), { ...pane.intro, name: pane.intro.title }, n),
    h("span", { class: "tab-name" }, shortName(pane.intro.title)), h("span", { class: "badge", hidden: true }));
  el.addEventListener("click", () => select(pane.intro.id));
  el.addEventListener("keydown", (e) => {
    const ids = [...app.panes.keys()];
    const at = ids.indexOf(pane.intro.id);
    if (!narrow.matches) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: ids.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    select(ids[(to + ids.length) % ids.length]);
    app.panes.get(app.current).tab.focus();
  });
  pane.tab = el;
  return el;
}

/** shortName is what a tab has room for: "Ir. Budi Santoso" is "Budi". */
function shortName(name) {
  return name.split(" ").find((w) => !w.endsWith(".")) || name;
}

function select(id) {
  app.current = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  layout();
  if (narrow.matches) return;
  const pane = app.panes.get(id);
  pane.el.scrollIntoView({ inline: "nearest", block: "nearest" });
  pane.composer.text.focus({ preventScroll: true });
}

/** layout: one pane behind tabs where it is narrow, else side by side; where
 *  they do not all fit, plain buttons lead to each. */
function layout() {
  const tabs = narrow.matches;
  const body = document.body.classList;
  body.toggle("tabbed", tabs);
  body.toggle("compact", folded.matches);
  body.toggle("strip", !tabs && $("chats").scrollWidth > $("chats").clientWidth + 1);
  set($("tabs"), "role", tabs && "tablist");
  for (const [id, pane] of app.panes) {
    const on = !tabs || id === app.current;
    pane.el.hidden = !on;
    pane.el.setAttribute("role", tabs ? "tabpanel" : "region");
    set(pane.tab, "role", tabs && "tab");
    set(pane.tab, "aria-selected", tabs && String(id === app.current));
    set(pane.tab, "tabindex", tabs && (id === app.current ? "0" : "-1"));
    pane.setVisible(on);
    if (on) pane.composer.grow();
  }
  if (tabs) app.panes.get(app.current)?.tab.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function set(el, name, value) {
  if (value) el.setAttribute(name, value);
  else el.removeAttribute(name);
}

/** counted shows the unread counts on the tabs and in the window's title. */
function counted() {
  let all = 0;
  for (const pane of app.panes.values()) {
    const unread = pane.watched ? 0 : pane.unread;
    all += unread;
    const badge = pane.tab.querySelector(".badge");
    badge.hidden = !unread;
    badge.textContent = unread > 99 ? "99+" : unread;
    pane.tab.setAttribute("aria-label", unread ? `${pane.intro.title}, ${unread} pesan belum dibaca` : pane.intro.title);
  }
  document.title = all ? `(${all}) ${title}` : title;
}

function view(file, alt) {
  $("viewer-image").src = file.url;
  $("viewer-image").alt = alt;
  $("viewer-name").textContent = file.name;
  $("viewer-save").href = `${file.url}?download`;
  $("viewer-save").download = file.name;
  $("viewer").showModal();
}

/** openLink asks who follows one of the bot's own links. */
function openLink(payload) {
  const people = [...app.panes.values()].filter((p) => !p.intro.group);
  $("open-people").replaceChildren(...people.map((pane) => h("button", { type: "button", class: "tool", onclick: () => {
    $("open-dialog").close();
    select(pane.intro.id);
    pane.composer.sendText(`/start ${payload}`);
  } }, h("b", {}, pane.intro.title), h("small", {}, pane.intro.subtitle))));
  $("open-dialog").showModal();
}

/** F6 and Shift+F6 go from phone to phone. */
function stepPanes(e) {
  if (e.key !== "F6" || !app.panes.size) return;
  e.preventDefault();
  const panes = [...app.panes.values()];
  let at = panes.findIndex((p) => p.el.contains(document.activeElement));
  if (at < 0) at = e.shiftKey ? 0 : -1;
  const pane = panes[(at + (e.shiftKey ? -1 : 1) + panes.length) % panes.length];
  if (narrow.matches) select(pane.intro.id);
  pane.composer.text.focus();
}

let wasOffline = false;
function online(on) {
  const banner = $("offline");
  banner.hidden = on;
  banner.textContent = on ? "" : "Sambungan terputus. Mencoba lagi…";
  if (on && wasOffline) toast("Tersambung kembali.");
  wasOffline = !on;
}

/** fresh empties the phones for a new history. Where the program was only
 *  started anew, what is half written stays. */
function fresh() {
  const run = (epoch) => epoch.split("x")[0];
  const restarted = run(app.shown || "") !== run(app.epoch);
  if (app.shown) for (const pane of app.panes.values()) pane.clear(!restarted);
  app.shown = app.epoch;
}

listen({
  hello: begin,
  reset: fresh,
  message(m) {
    app.panes.get(m.chat)?.put(m);
    if (m.from === "bot") app.clock.soon();
  },
  chat: (v) => app.panes.get(v.id)?.chat(v),
  clock: (v) => app.clock.take(v),
  ready() {
    for (const pane of app.panes.values()) {
      pane.ready();
      pane.composer.restore();
      pane.composer.resend();
    }
  },
}, online);

wireDialogs();
wireContact();
document.addEventListener("keydown", stepPanes);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const pane of app.panes.values()) pane.markRead();
  counted();
});
