/**
 * A LoRaWAN uplink as ChirpStack v4 publishes it: `application/ID/device/DEVEUI/event/up`, JSON with the payload in base64,
 * which the device's own codec opens. The frame counter tells a repeat; a device that joins anew bears another address.
 */
import { ok, type Result } from '#model/result.ts';
import { CODECS } from './codecs.ts';
import { type Decoded, type DecodeError, type DecodeMeta, type Decoder, refuse } from './decoder.ts';
import { type Fields, isFields, parseJson, parseStamp } from './json.ts';

const EUI = /^[0-9a-f]{16}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const EVENT = /\/device\/([^/]+)\/event\/([a-z]+)$/;
/** LoRaWAN's largest application payload. */
const MAX_PAYLOAD = 242;
const NOTHING: Decoded = { readings: [], devices: [] };

export const chirpstackDecoder: Decoder = {
  hasCodecs: true,
  field: () => undefined,
  decode: (bytes, meta) => {
    const event = EVENT.exec(meta.topic);
    // Joins, acknowledgements and logs are taken and hold nothing that is measured.
    if (event !== null && event[2] !== 'up') return ok(NOTHING);
    const json = parseJson(bytes);
    if (!json.ok) return json;
    if (!isFields(json.value)) return refuse('shape', 'an uplink is an object');
    return readUplink(json.value, event?.[1], meta);
  },
};

function readUplink(raw: Fields, euiOfTopic: string | undefined, meta: DecodeMeta): Result<Decoded, DecodeError> {
  const { deviceInfo, devAddr, fCnt, fPort, data, time } = raw as { readonly [key: string]: unknown };
  if (!isFields(deviceInfo))
    return 'devEUI' in raw || 'applicationID' in raw
      ? refuse('unsupported', 'an uplink of ChirpStack v3: only v4 is understood')
      : refuse('shape', 'deviceInfo is missing');
  const eui = String(deviceInfo['devEui'] ?? '').toLowerCase();
  if (!EUI.test(eui)) return refuse('shape', 'deviceInfo.devEui is not 16 hexadecimal digits');
  if (euiOfTopic !== undefined && euiOfTopic.toLowerCase() !== eui)
    return refuse('shape', 'the topic names another device than the message');
  const atMs = time === undefined || time === null ? null : parseStamp(time);
  if (atMs === undefined) return refuse('shape', 'time is not an instant in ISO 8601');
  if (data === undefined || data === null || data === '') return ok({ readings: [], devices: [eui] });
  if (typeof data !== 'string' || !BASE64.test(data)) return refuse('shape', 'data is not base64');
  if (!Number.isSafeInteger(fCnt ?? 0) || !Number.isSafeInteger(fPort ?? 0))
    return refuse('shape', 'fCnt and fPort are whole numbers');
  const payload = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  if (payload.length > MAX_PAYLOAD) return refuse('size', `${payload.length} bytes of payload, at most ${MAX_PAYLOAD}`);
  const name = meta.codecOf(eui);
  if (name === undefined) return ok({ readings: [], devices: [eui] });
  const codec = name === null || !Object.hasOwn(CODECS, name) ? undefined : CODECS[name];
  if (codec === undefined) return refuse('unsupported', `no payload codec for ${eui}`);
  // What the JSON leaves out is 0, as protobuf has it.
  const opened = codec.decode(payload, Number(fPort ?? 0));
  if (!opened.ok) return opened;
  const sent = `${eui}|${String(devAddr ?? '')}|${String(fCnt ?? 0)}|${data}`;
  const readings = opened.value.map(({ path, value }) => ({
    device: eui,
    path,
    atMs,
    value,
    identity: `${sent}|${path}`,
  }));
  return ok({ readings, devices: [eui] });
}
