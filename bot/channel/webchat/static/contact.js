// The dialog that asks whose contact to share.

import { h, $ } from "./dom.js";

let answer = null;

/** askContact lets the person choose and hands {person} or {name, phone} to done. */
export function askContact(people, as, done) {
  const select = $("contact-person");
  const others = [...people.values()].filter((p) => p.id !== as && p.phone);
  select.replaceChildren(...others.map((p) => h("option", { value: p.id }, `${p.name} · ${p.phone}`)), h("option", { value: "" }, "Orang lain…"));
  answer = done;
  $("contact-error").textContent = "";
  showOther();
  $("contact-dialog").showModal();
}

const showOther = () => {
  $("contact-other").hidden = $("contact-person").value !== "";
};

export function wireContact() {
  $("contact-person").addEventListener("change", showOther);
  $("contact-form").addEventListener("submit", (e) => {
    e.preventDefault();
    const person = $("contact-person").value;
    const phone = $("contact-phone").value.trim();
    if (!person && !phone) {
      $("contact-error").textContent = "Isi nomor teleponnya, contoh: 0812 3456 7890.";
      $("contact-phone").focus();
      return;
    }
    $("contact-dialog").close();
    answer(person ? { person } : { name: $("contact-name").value.trim(), phone });
  });
}
