"use strict";
let pending = false;
let seen = Date.now();
const lost = document.getElementById("lost");
const now = () => document.getElementById("now");
async function update() {
  if (document.hidden) return;
  // After a pause, as in a pocket, values are old until new ones are here.
  if (Date.now() - seen > 20000) now().className = "old";
  if (pending) return;
  pending = true;
  try {
    const response = await fetch("./", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!response.ok) throw new Error(response.status);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    now().replaceWith(document.adoptNode(fresh.getElementById("now")));
    [...document.links].forEach((link, at) => (link.href = (fresh.links[at] ?? link).href));
    lost.hidden = true;
    seen = Date.now();
  } catch {
    lost.hidden = false;
    now().className = "old";
  } finally {
    pending = false;
  }
}
setInterval(update, 5000);
document.addEventListener("visibilitychange", update);
