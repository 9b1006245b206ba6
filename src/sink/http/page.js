"use strict";
let asking = false;
const lost = document.getElementById("lost");
async function update() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch("./", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("now").replaceWith(document.adoptNode(fresh.getElementById("now")));
    [...document.links].forEach((link, at) => (link.href = (fresh.links[at] ?? link).href));
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  } finally {
    asking = false;
  }
}
setInterval(update, 5000);
document.addEventListener("visibilitychange", update);
