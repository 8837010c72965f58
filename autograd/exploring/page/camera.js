// Which part of the picture is in sight, and the overview of all of it.
const camera = { x: 0, y: 0, scale: 1 };
const READABLE = 0.55; // the smallest scale at which a text can be read

function moveCamera(x, y, scale = camera.scale) {
  Object.assign(camera, { x, y, scale });
  $("world").setAttribute("transform", `translate(${x},${y}) scale(${scale})`);
  const { clientWidth, clientHeight } = $("view");
  const [left, top, w, h] = [-x / scale, -y / scale, clientWidth / scale, clientHeight / scale];
  const all = left <= 4 && top <= 4 && left + w >= layout.w - 4 && top + h >= layout.h - 4;
  $("map").classList.toggle("gone", all);
  for (const [key, value] of Object.entries({ x: left, y: top, width: w, height: h }))
    $("sight").setAttribute(key, value);
}

function drawMap() {
  const map = $("map");
  const scale = Math.min(240 / layout.w, 100 / layout.h);
  map.style.width = `${layout.w * scale}px`;
  map.style.height = `${Math.max(layout.h * scale, 14)}px`;
  map.setAttribute("viewBox", `0 0 ${layout.w} ${layout.h}`);
  let d = "";
  for (const item of layout.items.values())
    if (item.kind !== "chip") d += `M${Math.round(item.x)},${Math.round(item.y)}h${item.w}v${item.h}h${-item.w}z`;
  $("mapped").setAttribute("d", d);
}

function scaleToFit(found = layout) {
  const { clientWidth, clientHeight } = $("view");
  return Math.min(clientWidth / found.w, clientHeight / found.h, 1.6);
}

// Show all, or begin at the result where that were too small to read.
function fit() {
  const { clientWidth, clientHeight } = $("view");
  const scale = scaleToFit();
  if (scale >= READABLE) {
    moveCamera((clientWidth - layout.w * scale) / 2, (clientHeight - layout.h * scale) / 2, scale);
    return;
  }
  const larger = 0.8;
  const item = boxes.get(selection.unit(selection.focus)) ?? boxes.values().next().value;
  const right = Math.min(clientWidth - 24, clientWidth * 0.94);
  moveCamera(
    Math.min(0, right - (item.x + item.w) * larger),
    clientHeight / 2 - (item.y + item.h / 2) * larger,
    larger,
  );
}

// Zoom around a point of the view, its middle if none is told.
function zoom(factor, x = $("view").clientWidth / 2, y = $("view").clientHeight / 2) {
  const scale = Math.max(0.03, Math.min(4, camera.scale * factor));
  const by = scale / camera.scale;
  moveCamera(x - (x - camera.x) * by, y - (y - camera.y) * by, scale);
}

// Move as little as needed for a box to be in sight.
function reveal(item) {
  const { clientWidth, clientHeight } = $("view");
  const { scale } = camera;
  const [x, y] = [item.x * scale + camera.x, item.y * scale + camera.y];
  const outside = (at, size, room) => at < 10 || at + size * scale > room - 10;
  const left = outside(x, item.w, clientWidth) ? clientWidth / 2 - (item.x + item.w / 2) * scale : camera.x;
  const top = outside(y, item.h, clientHeight) ? clientHeight / 2 - (item.y + item.h / 2) * scale : camera.y;
  moveCamera(left, top);
}

// --- pointers: drag to pan, wheel and two fingers to zoom

const pointers = new Map();
let travelled = 0;

const wasDragged = () => travelled > 4;

function listenToPointers() {
  const view = $("view");
  const place = (event) => {
    const box = view.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  $("svg").addEventListener("pointerdown", (event) => {
    if (!pointers.size) travelled = 0;
    pointers.set(event.pointerId, place(event));
  });
  addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (!other) {
      if (wasDragged()) moveCamera(camera.x + now[0] - before[0], camera.y + now[1] - before[1]);
      return;
    }
    const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
    zoom(apart(now) / Math.max(1, apart(before)), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => pointers.delete(event.pointerId));
  view.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...place(event));
    },
    { passive: false },
  );
  $("map").addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    const go = ({ clientX, clientY }) => {
      const box = $("map").getBoundingClientRect();
      const x = ((clientX - box.left) / box.width) * layout.w * camera.scale;
      const y = ((clientY - box.top) / box.height) * layout.h * camera.scale;
      moveCamera(view.clientWidth / 2 - x, view.clientHeight / 2 - y);
    };
    const stop = () => {
      removeEventListener("pointermove", go);
      removeEventListener("pointerup", stop);
    };
    addEventListener("pointermove", go);
    addEventListener("pointerup", stop);
    go(event);
  });
}
