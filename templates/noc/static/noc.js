// Swaps in what the server renders, and says so loudly when nothing comes any more.
"use strict";

(() => {
  const stream = document.body.dataset.stream;
  if (!stream) return;
  const silentAfterMs = Number(document.body.dataset.silentAfter) * 1000;
  const feed = document.getElementById("feed");
  const stopped = document.getElementById("stopped");
  let lastTick = Date.now();
  let engineSilent = false;

  function swap(id, html) {
    const region = document.getElementById(id);
    if (!region) return;
    // A reader's place survives the swap: open or closed racks, and the focused link.
    const closed = [...region.querySelectorAll("details:not([open])")].map((d) => d.id);
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const href = focused && focused.getAttribute("href");
    region.innerHTML = html;
    for (const id of closed) document.getElementById(id)?.removeAttribute("open");
    if (href) region.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  }

  function show() {
    const dead = engineSilent || Date.now() - lastTick > silentAfterMs;
    document.body.classList.toggle("stopped", dead);
    stopped.hidden = !dead;
    const word = dead ? "not updating" : "live";
    if (feed.textContent !== word) feed.textContent = word;
  }

  const source = new EventSource(stream);
  source.addEventListener("tick", (event) => {
    const tick = JSON.parse(event.data);
    lastTick = Date.now();
    engineSilent = tick.silent;
    document.getElementById("age").textContent = tick.age;
    document.getElementById("taken-at").textContent = tick.taken_at;
    show();
  });
  source.addEventListener("region", (event) => {
    const { id, html } = JSON.parse(event.data);
    swap(id, html);
  });
  window.setInterval(show, 1000);
})();
