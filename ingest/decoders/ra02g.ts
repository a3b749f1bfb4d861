/**
 * Netvox RA02G smoke, noise and vibration sensor, port 6, `01 D7 01 …`: battery (0 = mains, else 0.1 V with bit 7 for low),
 * smoke, noise, shock, power-off, three reserved bytes. The layout is that of the public codec
 * nishchayjeet/netvoxRA02G-Vape-sensor, which cites the manual's clause 5.1: confirm it at the unit.
 */
import { ok } from '#model/result.ts';
import { type Codec, type CodecValue, refuse } from './decoder.ts';

const PORT = 6;
const BYTES = 11;
const VERSION = 1;
const DEVICE = 0xd7;
const DATA = 1;
const SMOKE = 2; // of the quantity `smoke`

export const ra02gCodec: Codec = {
  fields: { smoke: 'smoke', tamper: 'tamper', lowBattery: 'lowBattery', fault: 'fault' },
  decode: (bytes, port) => {
    if (port !== PORT) return refuse('unsupported', `port ${port}, not ${PORT}`);
    if (bytes.length !== BYTES) return refuse('size', `${bytes.length} bytes, not ${BYTES}`, bytes.length);
    const [version, device, report, battery = 0, smoke = 0, noise = 0, shock = 0, powerOff = 0] = bytes;
    if (version !== VERSION || device !== DEVICE) return refuse('unsupported', 'not a message of an RA02G');
    if (report === 0) return ok([]); // Its versions, at power-on.
    if (report !== DATA) return refuse('unsupported', `report type ${String(report)}`, 2);
    const strange = [smoke, noise, shock, powerOff].findIndex((state) => state > 1);
    if (strange >= 0) return refuse('shape', 'a state is neither 0 nor 1', 4 + strange);
    const values: CodecValue[] = [
      { path: 'smoke', value: smoke * SMOKE },
      { path: 'tamper', value: shock },
      { path: 'lowBattery', value: battery >> 7 },
      { path: 'fault', value: powerOff }, // Mains lost: it runs on what is left.
    ];
    return ok(values);
  },
};
