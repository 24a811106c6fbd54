/** The machine's replay as the harness drives it: run at a speed, and how far it is. */
import { DataType } from "node-opcua";
import { connectMachine } from "./machine-client.ts";
import { machineUser } from "./peer.ts";

export interface Progress {
  /** Records that the machine has played, of how many. */
  readonly index: number;
  readonly count: number;
  /** All are played, and subscribers have what they were sent. */
  readonly done: boolean;
}

export interface Replay {
  /** Times real time; 0 is as fast as subscribers follow. May be called again while it runs, to change the speed. */
  run(speed: number): Promise<void>;
  /** Plays so many records at once and stands then. @returns how many are played */
  step(records: number): Promise<number>;
  progress(): Promise<Progress>;
  close(): Promise<void>;
}

export async function connectReplay(url: string): Promise<Replay> {
  const client = await connectMachine({ url, user: machineUser });
  const read = async (name: string): Promise<unknown> => (await client.read(`Replay/${name}`)).value.value;
  return {
    run: (speed) => client.call("Replay", "Run", [{ dataType: DataType.Double, value: speed }]),
    step: async (records) => {
      await client.call("Replay", "Step", [{ dataType: DataType.UInt32, value: records }]);
      return Number(await read("Index"));
    },
    progress: async () => ({
      index: Number(await read("Index")),
      count: Number(await read("Count")),
      done: (await read("Done")) === true,
    }),
    close: () => client.close(),
  };
}
