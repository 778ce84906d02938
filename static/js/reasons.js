/* A chosen reason template is copied into the reason field, where it can be changed. Without this module
   the server uses the chosen template if the field is empty. */

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
