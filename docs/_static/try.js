// One cell of Python in the page. Pyodide is taken from beside the page where the site was built with it
// (python -m docs --pyodide FOLDER), else from where its makers publish it.
const CDN = "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/";
const here = new URL(".", import.meta.url);
const code = document.getElementById("try-code");
const button = document.getElementById("try-run");
const state = document.getElementById("try-state");
const printed = document.getElementById("try-printed");
const shown = document.getElementById("try-shown");

// Runs a cell and answers with what its last line displays, as Jupyter would: an SVG picture, or text.
const CELL = `
import ast, traceback

names = {"__name__": "__main__"}  # the reader's, who may call something compile

def run_cell(text):
    try:
        tree = ast.parse(text, "<cell>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), names)
        if last is None:
            return {}
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    except BaseException as error:
        own = error.__traceback__ and error.__traceback__.tb_next
        print("".join(traceback.format_exception(type(error), error, own)))
        return {}
    if value is None:
        return {}
    bundle = getattr(value, "_repr_mimebundle_", None)
    return bundle() if bundle is not None else {"text/plain": repr(value)}
`;

async function start() {
  const beside = new URL("pyodide/", here);
  const found = await fetch(new URL("pyodide.mjs", beside), { method: "HEAD" }).catch(() => null);
  const base = found?.ok ? beside.href : CDN;
  const { loadPyodide } = await import(base + "pyodide.mjs");
  const python = await loadPyodide({
    indexURL: base,
    stdout: (line) => { printed.textContent += line + "\n"; },
    stderr: (line) => { printed.textContent += line + "\n"; },
  });
  const wheel = await fetch(new URL("valuegrad.whl", here));
  if (!wheel.ok) throw new Error(`the wheel is not beside the page (${wheel.status})`);
  python.unpackArchive(await wheel.arrayBuffer(), "wheel");
  python.runPython(CELL);
  return python;
}

let starting = null;

async function run() {
  button.disabled = true;
  printed.textContent = "";
  shown.replaceChildren();
  try {
    if (!starting) {
      state.textContent = "fetching Python…";
      starting = start();
    }
    const python = await starting;
    state.textContent = "running…";
    await new Promise((resolve) => setTimeout(resolve)); // the words above get painted
    const cell = python.globals.get("run_cell");
    const bundle = cell(code.value).toJs({ dict_converter: Object.fromEntries });
    show(bundle);
    state.textContent = "";
  } catch (error) {
    starting = null;
    state.textContent = `this did not work: ${error.message}`;
  }
  button.disabled = false;
}

function show(bundle) {
  const svg = bundle["image/svg+xml"];
  if (svg) {
    const picture = new DOMParser().parseFromString(svg, "image/svg+xml");
    shown.append(document.importNode(picture.documentElement, true));
  } else if (bundle["text/plain"]) {
    printed.textContent += bundle["text/plain"] + "\n";
  }
}

button.addEventListener("click", run);
code.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
