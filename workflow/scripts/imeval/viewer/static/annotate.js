// The page of a decision: chosen classes, search, examples and keys. The form is sent as any form is.
const form = document.getElementById("decision");
const chosenBox = document.getElementById("chosen");
const answerField = document.getElementById("answer");
const search = document.getElementById("search");
const found = document.getElementById("found");
const examples = document.getElementById("examples");
const chosen = new Map();
const picture = document.getElementById("picture");
const drawn = document.getElementById("drawn");
const boxList = document.getElementById("boxes");
// Boxes have a class and corners in pixels of the picture.
const boxes = [...boxList.children].map((one) => {
  const [, id, corners] = one.dataset.box.match(/^(\d+):([\d.,]+)/);
  return { id, corners: corners.split(",").map(Number) };
});

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
  drawBoxes();
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function rectangle([left, top, right, bottom]) {
  return svg("rect", { x: left, y: top, width: right - left, height: bottom - top });
}

function drawBoxes(...more) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!width) return;
  for (let place = boxes.length - 1; place >= 0; place--) if (!chosen.has(boxes[place].id)) boxes.splice(place, 1);
  drawn.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawn.setAttribute("width", width);
  drawn.setAttribute("height", height);
  const size = Math.max(width, height) / 40;
  const labels = boxes.map(({ corners: [left, top] }, place) => {
    const label = svg("text", { x: left, y: top + size });
    label.style.fontSize = `${size}px`;
    label.style.strokeWidth = `${size / 6}px`;
    label.textContent = String(place + 1);
    return label;
  });
  drawn.replaceChildren(...boxes.map((box) => rectangle(box.corners)), ...labels, ...more);
  boxList.replaceChildren(
    ...boxes.map((box, place) => {
      const row = element("li", `box ${place + 1}`);
      const select = element("select", "", { "aria-label": `Class of box ${place + 1}` });
      for (const [id, name] of chosen) select.append(element("option", name, { value: id }));
      select.value = box.id;
      select.addEventListener("change", () => {
        box.id = select.value;
        drawBoxes();
      });
      const remove = element("button", "✕", { type: "button", "aria-label": `Remove box ${place + 1}` });
      remove.addEventListener("click", () => {
        boxes.splice(place, 1);
        drawBoxes();
      });
      const value = `${box.id}:${box.corners.join(",")}@${width}x${height}`;
      row.append(select, remove, element("input", "", { type: "hidden", name: "boxes", value }));
      return row;
    }),
  );
}

// Where a pointer is, in pixels of the picture.
function place(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawn.getScreenCTM().inverse());
  const within = (value, end) => Math.round(Math.min(Math.max(value, 0), end) * 10) / 10;
  return [within(at.x, picture.naturalWidth), within(at.y, picture.naturalHeight)];
}

function corners([left, top], [right, bottom]) {
  return [Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom)];
}

// A drag draws a box, a click without one shows the picture in full size.
const DRAG = 5;
let pressed = null;
picture.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  pressed = { from: place(event), x: event.clientX, y: event.clientY, box: null };
  picture.setPointerCapture(event.pointerId);
});
picture.addEventListener("pointermove", (event) => {
  if (!pressed) return;
  const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > DRAG;
  if (!pressed.box && !far) return;
  pressed.box = corners(pressed.from, place(event));
  drawBoxes(rectangle(pressed.box));
});
picture.addEventListener("pointerup", () => {
  if (!pressed) return;
  const { box } = pressed;
  pressed = null;
  if (!box) {
    picture.parentElement.classList.toggle("whole");
    return;
  }
  if (!chosen.size) document.getElementById("message").textContent = "Choose a class first, then draw its box.";
  else if (box[0] < box[2] && box[1] < box[3]) boxes.push({ id: [...chosen.keys()].at(-1), corners: box });
  drawBoxes();
});
picture.addEventListener("pointercancel", () => {
  pressed = null;
  drawBoxes();
});
picture.addEventListener("load", () => drawBoxes());

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
