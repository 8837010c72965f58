// node pyodide_check.mjs WHEEL PROGRAM: unpacks the wheel into Pyodide's site-packages and runs the program.
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [wheel, program] = process.argv.slice(2);
try {
  const pyodide = await loadPyodide();
  pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
  pyodide.runPython(readFileSync(program, "utf8"), { filename: program });
} catch (error) {
  console.error(error.message); // Node would print Pyodide's minified source as well
  process.exit(1);
}
