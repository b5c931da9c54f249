// The page of a decision: chosen classes, search, examples and keys. The form is sent as any form is.
const form = document.getElementById("decision");
const chosenBox = document.getElementById("chosen");
const answerField = document.getElementById("answer");
const search = document.getElementById("search");
const found = document.getElementById("found");
const examples = document.getElementById("examples");
const chosen = new Map();

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function draw() {
  chosenBox.replaceChildren(
    ...[...chosen].map(([id, name]) => {
      const chip = element("button", `${name} ✕`, { type: "button", class: "chip", "data-id": id, title: `${id}: remove` });
      chip.append(element("input", "", { type: "hidden", name: "labels", value: id }));
      chip.addEventListener("click", () => toggle([[id, name]]));
      return chip;
    }),
  );
  for (const option of document.querySelectorAll(".option")) {
    const ids = option.dataset.classes.split(" ").filter(Boolean);
    const taken = ids.length ? ids.every((id) => chosen.has(id)) : answerField.value === emptyAnswer(option);
    option.setAttribute("aria-pressed", String(taken));
  }
  for (const button of document.querySelectorAll(".answer-button"))
    button.setAttribute("aria-pressed", String(button.dataset.answer === answerField.value));
  document.getElementById("message").textContent = "";
}

function emptyAnswer(option) {
  return option.textContent.includes("not sure") ? "not_sure" : "none";
}

function toggle(classes) {
  const all = classes.every(([id]) => chosen.has(id));
  for (const [id, name] of classes) {
    if (all) chosen.delete(id);
    else chosen.set(id, name);
  }
  answerField.value = "";
  draw();
}

function answer(value) {
  chosen.clear();
  answerField.value = answerField.value === value ? "" : value;
  draw();
}

function press(option) {
  const classes = [...option.querySelectorAll(".class")].map((one) => [one.dataset.id, one.dataset.name]);
  if (classes.length) toggle(classes);
  else answer(emptyAnswer(option));
}

async function showExamples(id, name) {
  const asked = new URLSearchParams({ number: id, image: examples.dataset.image });
  const response = await fetch(`/annotate/examples?${asked}`);
  if (!response.ok) return;
  const images = await response.json();
  examples.hidden = false;
  examples.firstElementChild.textContent = images.length ? `Other images of ${name}` : `No other image of ${name}`;
  examples.lastElementChild.replaceChildren(
    ...images.map((image) => {
      const source = new URLSearchParams({ id: image, images: examples.dataset.images, small: "true" });
      return element("img", "", { src: `/picture?${source}`, alt: name });
    }),
  );
}

let latest = 0;
async function find() {
  const own = ++latest;
  const response = await fetch(`/annotate/classes?${new URLSearchParams({ q: search.value })}`);
  if (!response.ok || own !== latest) return;
  const classes = await response.json();
  found.replaceChildren(
    ...classes.map((one) => {
      const option = element("button", "", { type: "button", class: "option", "data-classes": String(one.id) });
      option.append(element("span", one.name, { class: "class", "data-id": String(one.id), "data-name": one.name }));
      if (one.synonyms) option.append(element("small", one.synonyms));
      const row = element("li");
      row.append(option);
      return row;
    }),
  );
  draw();
}

for (const one of [...chosenBox.querySelectorAll("[data-id]")]) chosen.set(one.dataset.id, one.dataset.name);
if (!chosen.size) answerField.value = chosenBox.dataset.answer === "classes" ? "" : chosenBox.dataset.answer;
draw();

form.addEventListener("click", (event) => {
  const option = event.target.closest(".option");
  if (option) press(option);
  const button = event.target.closest(".answer-button");
  if (button) answer(button.dataset.answer);
});
for (const kind of ["mouseover", "focusin"])
  form.addEventListener(kind, (event) => {
    const one = event.target.closest(".option")?.querySelector(".class");
    if (one && examples.dataset.shown !== one.dataset.id) {
      examples.dataset.shown = one.dataset.id;
      showExamples(one.dataset.id, one.dataset.name);
    }
  });
search.addEventListener("input", find);
document.getElementById("picture").addEventListener("click", (event) => event.target.classList.toggle("whole"));

form.addEventListener("submit", (event) => {
  const decides = !event.submitter || event.submitter.value === "decide";
  if (decides && !chosen.size && !answerField.value) {
    event.preventDefault();
    document.getElementById("message").textContent = "Choose classes, or none of the classes, or not sure.";
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target === search) {
    if (event.key === "Enter") {
      event.preventDefault();
      const first = found.querySelector(".option");
      if (first) {
        press(first);
        search.value = "";
        found.replaceChildren();
        search.blur();
      }
    } else if (event.key === "Escape") search.blur();
    return;
  }
  if (event.target.closest("textarea, input")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.toLowerCase();
  const buttons = { enter: "save", s: "skip", z: "undo" };
  const option = document.querySelector(`.option[data-key="${CSS.escape(key)}"]`);
  const plain = document.querySelector(`.answer-button[data-answer=${{ n: "none", u: "not_sure" }[key] ?? "other"}]`);
  const act = buttons[key] && document.getElementById(buttons[key]);
  // A focused button keeps Enter for itself, unless it is one of the classes.
  if (key === "enter" && event.target.closest("a, .acts button")) return;
  if (!option && !plain && !act) return;
  event.preventDefault();
  if (option) press(option);
  else if (plain) answer(plain.dataset.answer);
  else act.click();
});
