// Checks a model's bundle with @sigstore/verify, which knows nothing of us, by a key we name.
//
// One line for each folder that is named: `accepted` or `refused: ` and why.
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// Installed elsewhere: this file is not below it.
const require = createRequire(join(process.env.CONCORDAT_STRANGERS, "npm", "index.js"));
const { bundleFromJSON } = require("@sigstore/bundle");
const { toSignedEntity, Verifier } = require("@sigstore/verify");

for (const folder of process.argv.slice(2)) {
  try {
    const pem = readFileSync(join(folder, "key.pem"), "utf8");
    const known = createHash("sha256").update(pem).digest("hex");
    const trust = {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: (hint) => {
        if (hint !== known) throw new Error(`unknown key ${hint}`);
        return { publicKey: createPublicKey(pem), validFor: () => true };
      },
    };
    const bundle = bundleFromJSON(JSON.parse(readFileSync(join(folder, "model.sig"), "utf8")));
    const none = { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 };
    new Verifier(trust, none).verify(toSignedEntity(bundle));
    console.log("accepted");
  } catch (why) {
    console.log(`refused: ${String(why.message).replaceAll("\n", " ")}`);
  }
}
