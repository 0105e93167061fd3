(() => {
  const steps = [90, 100, 115, 130, 150, 175, 200], key = "text-size";
  const root = document.documentElement, speech = window.speechSynthesis;
  let step, turn;
  const each = (what, act) => document.querySelectorAll(what).forEach(act);
  const say = (word, rest = "") => each("[role=status]", (it) => it.textContent = it.dataset[word] + rest);
  const voice = () => speech?.getVoices().find((it) => it.lang.slice(0, 2) === root.lang);
  const offer = () => each("[data-do=listen]", (it) => it.hidden = !voice());
  const show = () => {
    root.style.fontSize = steps[step] + "%";
    each("[data-step]", (it) => it.ariaDisabled = !steps[step + +it.dataset.step]);
    // What scrolls in its own box is to be reached by the keyboard.
    each("table", (it) => it.tabIndex = it.scrollWidth > it.clientWidth ? 0 : -1);
  };
  const recall = () => {
    step = -1;
    try { step = steps.indexOf(+localStorage[key]); } catch {}
    if (step < 0) step = 1;
    show();
  };
  const acts = {
    resize: (it) => {
      const next = step + +it.dataset.step;
      if (steps[next]) step = next;
      show();
      say(!steps[step + 1] ? "most" : step ? "now" : "least", `: ${steps[step]}%`);
      // Where a browser keeps nothing it is not remembered, and no harm is done.
      try { localStorage[key] = steps[step]; } catch {}
    },
    print: () => print(),
    listen: (it) => {
      const begins = it.ariaPressed !== "true";
      let last;
      speech.cancel();
      it.ariaPressed = begins;
      if (!begins) return;
      // Sentence by sentence: some voices stop in the midst of what takes longer than 14 seconds.
      each("h1,h1+.summary,.view-data", (part) => part.innerText.match(/.+?([.!?…] |$)/gm).forEach((text) => {
        last = new SpeechSynthesisUtterance(text);
        last.lang = root.lang;
        last.voice = voice();
        speech.speak(last);
      }));
      turn = last;
      last.onend = () => { if (last === turn) it.ariaPressed = false; };
    },
    share: (it, event) => {
      if (!navigator.share) return;
      event.preventDefault();
      navigator.share({ title: document.title, url: location.href }).catch(() => {});
    },
    copy: () => navigator.clipboard.writeText(location.href).then(() => say("copied")),
  };
  root.classList.add("js");
  recall();
  addEventListener("DOMContentLoaded", () => {
    show();
    offer();
    each(".old", (it) => {
      const years = (Date.now() - Date.parse(it.dataset.since)) / 31557600000 | 0;
      it.hidden = years < 1;
      it.append(new Intl.RelativeTimeFormat(root.lang).format(-years, "year"));
    });
  });
  addEventListener("resize", show);
  addEventListener("storage", recall);
  addEventListener("pageshow", (event) => event.persisted && recall());
  addEventListener("pagehide", () => speech?.cancel());
  if (speech) speech.onvoiceschanged = offer;
  addEventListener("click", (event) => {
    const it = event.target.closest("[data-do]");
    if (it) acts[it.dataset.do](it, event);
  });
})();
