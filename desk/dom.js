// Makes elements. Text is always text: nothing here parses markup.

/** Make an element: attributes by name, handlers as `on…`, and children (elements, text, nothing, or lists of these). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...present(children));
  return element;
}

/** Put children in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
}

/** Make a button. */
export function button(text, act, attributes = {}) {
  return h("button", { type: "button", onclick: act, ...attributes }, text);
}

/** Tell those who don't see the screen what has changed on it. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  // A text that is set again at once is not told again.
  setTimeout(() => (place.textContent = text), 50);
}

/** Show a dialog until it is closed; its content is made by `draw`, which gets what closes it. Escape closes it. */
export function dialog(title, draw, { wide = false } = {}) {
  return new Promise((resolve) => {
    const heading = h("h2", { id: "dialog-title", tabindex: "-1" }, title);
    const box = h("dialog", { "aria-labelledby": "dialog-title", class: wide && "wide" });
    const close = (result) => {
      box.returned = result;
      box.close();
    };
    box.append(heading, ...present([draw(close)]));
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returned);
    });
    document.body.append(box);
    box.showModal();
    (box.querySelector("[data-first]") ?? heading).focus();
  });
}

/** Run when nothing has called for so many milliseconds; `now` runs what waits at once. */
export function debounced(act, milliseconds) {
  let timer = null;
  const run = () => {
    timer = null;
    act();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
  later.now = () => {
    if (timer === null) return;
    clearTimeout(timer);
    run();
  };
  return later;
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
