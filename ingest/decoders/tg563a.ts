/**
 * TG563A smoke detector, port 1, 5 bytes, or 35 with additional data (the public codec modrisb/tg563a-payload-decoder,
 * which cites the maker's reference manual SE000304A): type, configuration, temperature, two bytes of states. Every
 * message states all of them, so each is a sensor of its own.
 */
import { ok } from '#model/result.ts';
import { type Codec, type CodecValue, refuse } from './decoder.ts';

const PORT = 1;
const SHORT = 5;
const LONG = 35;
const WITH_MORE = 15;
const ALARM = 2; // of the quantity `smoke`
/** Longest known message type below the reserved ones. */
const LAST_TYPE = 9;
const bit = (byte: number, place: number): 0 | 1 => ((byte >> place) & 1) as 0 | 1;

export const tg563aCodec: Codec = {
  fields: {
    smoke: 'smoke',
    temperature: 'temperature',
    tamper: 'tamper',
    obstruction: 'obstruction',
    lowBattery: 'lowBattery',
    contamination: 'contamination',
    fault: 'fault',
  },
  decode: (bytes, port) => {
    if (port !== PORT) return refuse('unsupported', `port ${port}, not ${PORT}`);
    const type = (bytes[0] ?? 0) & 0x0f;
    if (bytes.length !== SHORT && !(bytes.length === LONG && type === WITH_MORE))
      return refuse('size', `${bytes.length} bytes, not ${SHORT} (or ${LONG} of type ${WITH_MORE})`, bytes.length);
    if (type > LAST_TYPE && type !== WITH_MORE) return refuse('unsupported', `message type ${type} is reserved`);
    const [, , temperature = 0, place = 0, state = 0] = bytes;
    // The maker's decoder leaves 128 positive; as a signed byte it is −128, and neither is a temperature of a room.
    const celsius = temperature === 128 ? null : temperature > 128 ? temperature - 256 : temperature;
    // Chamber failure, ultrasonic and infrared sensor, buzzer: the device code of `fault`, bit by bit.
    const fault = bit(state, 2) | (bit(state, 4) << 1) | (bit(state, 5) << 2) | (bit(state, 6) << 3);
    const values: CodecValue[] = [
      { path: 'smoke', value: bit(state, 0) * ALARM },
      { path: 'temperature', value: celsius },
      { path: 'tamper', value: bit(place, 0) === 1 && bit(place, 7) === 0 ? 0 : 1 },
      { path: 'obstruction', value: bit(place, 4) | bit(place, 5) },
      { path: 'lowBattery', value: bit(state, 1) },
      { path: 'contamination', value: bit(state, 3) },
      { path: 'fault', value: fault },
    ];
    return ok(values);
  },
};
