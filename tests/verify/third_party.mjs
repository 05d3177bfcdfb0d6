// Runs the example for node on one line of JSON after another: {codes, city, roots, folder, now}.

import { createInterface } from "node:readline";
import { check } from "../../docs/examples/check_paper.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { codes, city, roots, folder, now } = JSON.parse(line);
  const verdicts = [];
  for (const code of codes) {
    verdicts.push(await check(code, city, roots, folder, now).then(() => "valid", (wrong) => wrong.message));
  }
  console.log(JSON.stringify(verdicts));
}
