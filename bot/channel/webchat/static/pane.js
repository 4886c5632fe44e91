// One phone: a chat with its messages in order, day separators, unread count
// and typing dots.

import { h, $, colour, face, toast } from "./dom.js";
import { draw, redraw } from "./message.js";
import { longDay, dayNumber } from "./time.js";
import { chatPath, post } from "./net.js";
import { Composer } from "./composer.js";

const nearEnd = 80; // pixels from the foot of the log that count as being there

export class Pane {
  constructor(intro, app, n) {
    Object.assign(this, { intro, app, n, items: [], unread: 0, readTo: 0, visible: false, inSight: true, live: false, fresh: 0, stick: true });
    this.el = $("pane-template").content.firstElementChild.cloneNode(true);
    this.el.id = `pane-${n}`;
    this.el.dataset.chat = intro.id;
    this.el.style.setProperty("--face", colour(intro, n));
    face(this.el.querySelector(".avatar"), { ...intro, name: intro.title }, n);
    this.el.querySelector(".avatar").classList.toggle("square", Boolean(intro.group));
    const title = this.el.querySelector("h2");
    title.id = `title-${n}`;
    title.textContent = intro.title;
    this.role = this.el.querySelector(".role");
    this.subtitle = intro.subtitle || intro.members.map((id) => app.people.get(id)?.name).join(", ");
    this.role.textContent = this.subtitle;
    this.el.setAttribute("aria-labelledby", title.id);
    this.log = this.el.querySelector(".log");
    this.log.setAttribute("aria-label", `Pesan dengan ${intro.title}`);
    this.end = this.el.querySelector(".to-end");
    this.end.addEventListener("click", () => this.toEnd(true));
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.log.addEventListener("keydown", (e) => this.step(e));
    this.log.addEventListener("focusin", (e) => this.reach(e.target.closest(".msg")));
    this.dots = h("div", { class: "typing", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
    this.empty = this.emptyState();
    this.log.append(this.empty, this.dots);
    this.ctx = {
      people: app.people,
      group: Boolean(intro.group),
      actions: {
        reply: (id) => this.composer.reply(this.find(id)),
        edit: (id) => this.composer.edit(this.find(id)),
        press: (id, value, button) => this.composer.press(id, value, button),
        retry: (m) => this.composer.retry(m),
        show: (id) => this.show(id),
        view: app.view,
        openLink: app.openLink,
      },
    };
    this.composer = new Composer(this);
    this.follow = new ResizeObserver(() => this.stick && this.toEnd());
    this.follow.observe(this.log);
  }

  emptyState() {
    const start = this.intro.start?.length ? this.intro.start : ["daftar", "/bantuan"];
    const chips = h("div", { class: "starts" });
    for (const text of start) {
      chips.append(h("button", { type: "button", class: "choice", onclick: () => this.composer.sendText(text) }, text));
    }
    return h("div", { class: "empty" },
      face(h("span", { class: `avatar big${this.intro.group ? " square" : ""}`, "aria-hidden": "true" }), { ...this.intro, name: this.intro.title }, this.n),
      h("p", {}, this.intro.description || `Anda berbicara sebagai ${this.intro.title}.`),
      h("p", { class: "hint" }, `Tulis “${start[0]}” untuk mulai, atau tekan salah satu:`), chips);
  }

  find(id) {
    return this.items.find((it) => it.m.id === id)?.m;
  }

  /** put shows a message, or what became of one. */
  put(m) {
    if (m.key && !m.local) this.composer.arrived(m);
    const i = this.items.findIndex((it) => it.m.id === m.id);
    if (i >= 0) {
      const it = this.items[i];
      it.el = redraw(it.el, it.m, m, this.ctx);
      it.m = m;
      this.dress(i);
      if (this.stick) this.toEnd();
      return;
    }
    let at = this.items.length;
    while (at > 0 && this.items[at - 1].m.n > m.n) at--;
    const it = { m, el: draw(m, this.ctx) };
    const after = this.items[at];
    this.log.insertBefore(it.el, after ? after.day || after.el : this.dots);
    this.items.splice(at, 0, it);
    this.dress(at);
    if (at + 1 < this.items.length) this.dress(at + 1);
    this.empty.hidden = true;
    if (m.from === "bot") this.typing(0);
    this.count();
    if (m.local || this.stick) this.toEnd();
    else this.pill(m);
  }

  /** dress gives a message its day separator, its side and its tail. */
  dress(i) {
    const it = this.items[i];
    const before = this.items[i - 1];
    const newDay = !before || dayNumber(before.m.at) !== dayNumber(it.m.at);
    if (newDay && !it.day) {
      it.day = h("p", { class: "day" }, h("span", {}, longDay(it.m.at)));
      this.log.insertBefore(it.day, it.el);
    } else if (!newDay && it.day) {
      it.day.remove();
      it.day = null;
    }
    it.el.classList.toggle("first", newDay || before.m.from !== it.m.from);
    it.el.classList.toggle("own", it.m.from !== "bot" && it.m.from === this.composer.as);
  }

  /** redress follows a change of who speaks. */
  redress() {
    this.items.forEach((_, i) => this.dress(i));
  }

  remove(id) {
    const i = this.items.findIndex((it) => it.m.id === id);
    if (i < 0) return;
    this.items[i].el.remove();
    this.items[i].day?.remove();
    this.items.splice(i, 1);
    if (i < this.items.length) this.dress(i);
    this.empty.hidden = this.items.length > 0;
  }

  /** chat takes what changed about the chat itself. */
  chat(v) {
    this.readTo = v.readTo;
    this.typing(v.typingMs || 0);
    this.composer.chat(v);
    this.count();
  }

  typing(ms) {
    clearTimeout(this.typingTimer);
    this.dots.hidden = ms <= 0;
    this.role.textContent = ms > 0 ? "sedang mengetik…" : this.subtitle;
    this.role.classList.toggle("busy", ms > 0);
    if (ms <= 0) return;
    this.typingTimer = setTimeout(() => this.typing(0), ms);
    if (this.stick) this.toEnd();
  }

  /** clear empties the phone; with drafts, also what is not sent yet. */
  clear(drafts) {
    for (const it of this.items) {
      it.el.remove();
      it.day?.remove();
    }
    this.items = [];
    this.readTo = 0;
    this.empty.hidden = false;
    this.fresh = 0;
    this.stick = true;
    this.paintEnd();
    this.typing(0);
    if (drafts) this.composer.clear();
    this.count();
  }

  /** ready: what was missed is shown; from now on news is read aloud. */
  ready() {
    if (this.live) return;
    this.live = true;
    this.toEnd();
    requestAnimationFrame(() => this.log.setAttribute("aria-live", "polite"));
  }

  get atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < nearEnd;
  }

  toEnd(focus) {
    this.log.scrollTop = this.log.scrollHeight;
    this.stick = true;
    this.fresh = 0;
    this.paintEnd();
    if (focus) this.log.focus({ preventScroll: true });
    this.markRead();
  }

  /** paintEnd shows the way back down, and how much is new there. */
  paintEnd() {
    this.end.hidden = this.stick;
    this.end.querySelector("span").textContent = this.fresh ? `${this.fresh} pesan baru` : "";
    this.end.setAttribute("aria-label", this.fresh ? `${this.fresh} pesan baru, ke pesan terbaru` : "Ke pesan terbaru");
  }

  pill(m) {
    if (m.n <= this.readTo || !this.live) return;
    this.fresh++;
    this.paintEnd();
  }

  scrolled() {
    if (!this.visible || !this.log.clientHeight) return;
    this.stick = this.atEnd;
    if (this.stick) this.fresh = 0;
    this.paintEnd();
    this.app.counted();
    this.markRead();
  }

  /** step goes from message to message with the arrow keys. */
  step(e) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[e.key];
    const all = this.items.map((it) => it.el);
    if (!by || !all.length || e.altKey || e.ctrlKey || e.metaKey) return;
    const at = all.indexOf(e.target.closest(".msg"));
    const to = at < 0 ? (by < 0 ? all.length - 1 : 0) : at + by;
    e.preventDefault();
    if (to >= all.length) return this.composer.text.focus();
    all[Math.max(0, to)].focus();
  }

  /** reach makes the reply and edit buttons of one message part of the tab order. */
  reach(el) {
    if (this.reached === el) return;
    this.reached?.querySelectorAll(".tiny").forEach((b) => b.setAttribute("tabindex", "-1"));
    el?.querySelectorAll(".tiny").forEach((b) => b.setAttribute("tabindex", "0"));
    this.reached = el;
  }

  show(id) {
    const el = this.items.find((it) => it.m.id === id)?.el;
    if (!el) return toast("Pesan itu sudah tidak ada.");
    el.scrollIntoView({ block: "center" });
    el.classList.add("found");
    el.focus({ preventScroll: true });
    setTimeout(() => el.classList.remove("found"), 1600);
  }

  count() {
    this.unread = this.items.filter((it) => it.m.from === "bot" && it.m.n > this.readTo).length;
    this.app.counted();
    this.markRead();
  }

  setVisible(on) {
    if (this.visible === on) return;
    this.visible = on;
    if (on) this.toEnd();
    this.app.counted();
  }

  /** setInSight: the phone is on the screen, not scrolled away sideways. */
  setInSight(on) {
    this.inSight = on;
    this.tab.classList.toggle("seen", on);
    this.app.counted();
    this.markRead();
  }

  /** watched: a person is looking at the newest message. */
  get watched() {
    return this.visible && this.inSight && !document.hidden && this.stick;
  }

  /** markRead tells the bot that a person has seen what is on the screen. */
  markRead() {
    if (!this.watched || !this.live || !this.unread || this.reading) return;
    const upTo = this.items[this.items.length - 1].m.n;
    this.reading = setTimeout(async () => {
      try {
        await post(chatPath(this.intro.id, "read"), { upTo: Math.floor(upTo) });
      } catch {
        // the next message or the next connection tries again
      }
      this.reading = 0;
      if (this.unread) this.retryRead();
    }, 250);
  }

  retryRead() {
    clearTimeout(this.readAgain);
    this.readAgain = setTimeout(() => this.markRead(), 2000);
  }
}
