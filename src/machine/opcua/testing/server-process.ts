/**
 * A test machine in a process of its own, with a clock of its own: counts in `Steps/Count` every 20 ms until it is killed.
 * Writes the settings of a connection as one line.
 */
import { stdout } from "node:process";
import { setInterval } from "node:timers";
import { TestServer } from "./server.ts";

const machine = await TestServer.start();
machine.add("Steps", "Count", { value: 0 });
let count = 0;
setInterval(() => machine.set("Steps/Count", (count += 1)), 20);
stdout.write(`${JSON.stringify(machine.settings())}\n`);
