// node pyodide_check.mjs WHEEL PROGRAM: unpacks the wheel into Pyodide's site-packages and runs the program.
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [wheel, program] = process.argv.slice(2);
const pyodide = await loadPyodide();
pyodide.unpackArchive(readFileSync(wheel), "wheel");
pyodide.runPython(readFileSync(program, "utf8"), { filename: program });
