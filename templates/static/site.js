(() => {
  const steps = [90, 100, 115, 130, 150, 175, 200], root = document.documentElement, key = "text-size";
  let step = 1;
  const all = (what) => document.querySelectorAll(what);
  const show = () => {
    root.style.fontSize = step === 1 ? "" : steps[step] + "%";
    for (const button of all("[data-step]"))
      button.setAttribute("aria-disabled", !steps[step + Number(button.dataset.step)]);
    for (const table of all(".view-data table"))
      table.scrollWidth > table.clientWidth ? table.tabIndex = 0 : table.removeAttribute("tabindex");
  };
  const recall = () => {
    try { step = steps.indexOf(Number(localStorage.getItem(key))); } catch { step = 1; }
    if (step < 0) step = 1;
    show();
  };
  root.classList.add("js");
  recall();
  addEventListener("DOMContentLoaded", show);
  addEventListener("resize", show);
  addEventListener("storage", recall);
  addEventListener("pageshow", (event) => event.persisted && recall());
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const next = step + Number(button.dataset.step), said = button.parentNode.lastElementChild;
    if (steps[next]) step = next;
    show();
    said.textContent = (!steps[step + 1] ? said.dataset.most : step ? said.dataset.now : said.dataset.least)
      + ": " + steps[step] + "%";
    try { localStorage.setItem(key, steps[step]); } catch { /* not remembered */ }
  });
})();
