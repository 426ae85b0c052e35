// Runs npm rtf-stream-parser over the bodies that bodies.py wrote.
//
// Usage: node parser.mjs BODIES_FOLDER
//
// Writes NNNN.npm (UTF-8) or NNNN.npm.error beside each NNNN.rtf.

import fs from "node:fs";
import path from "node:path";
import iconv from "iconv-lite";
import rtf from "rtf-stream-parser";

const folder = process.argv[2];
for (const file of fs.readdirSync(folder).filter((it) => it.endsWith(".rtf")).sort()) {
  const stem = path.join(folder, file.slice(0, -4));
  try {
    const options = { decode: iconv.decode, warn: () => {} };
    const answer = rtf.deEncapsulateSync(fs.readFileSync(`${stem}.rtf`), options);
    fs.writeFileSync(`${stem}.npm`, answer.text);
  } catch (error) {
    fs.writeFileSync(`${stem}.npm.error`, String(error.message).slice(0, 200));
  }
}
