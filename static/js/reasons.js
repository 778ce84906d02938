/* A wording that stands ready, once chosen, is written into the field of the reason, to be changed
   there. Without this the server takes the one chosen where no words were written. */

const choices = document.querySelector("[data-js-reasons]");
const words = choices?.form.elements.namedItem("reason");
let written = "";

function write() {
  const chosen = choices.value ? choices.selectedOptions[0].textContent : "";
  // What somebody wrote is not written over.
  if (words.value === written) words.value = written = chosen;
}

choices?.addEventListener("change", write);
if (choices) write();
