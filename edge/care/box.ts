/** Reads what Linux and the modem say of the box's supply and signal; what cannot be understood is null, never 0. */

const MICRO = 1_000_000;
const MILLI = 1_000;
/** A box runs on 3.3 to 60 V; anything else is another input of the chip. */
const LEAST_V = 3;
const MOST_V = 60;
const LEAST_DBM = -150;

const numberIn = (text: string | undefined): number | null => {
  const trimmed = text?.trim() ?? '';
  const value = Number(trimmed);
  return trimmed === '' || !Number.isFinite(value) ? null : value;
};
const rounded = (value: number): number => Math.round(value * 100) / 100;
const supply = (volt: number | null): number | null =>
  volt !== null && volt >= LEAST_V && volt <= MOST_V ? rounded(volt) : null;

/** `voltage_now` of /sys/class/power_supply/NAME, in microvolt. */
export const powerSupplyV = (voltageNow: string | undefined): number | null => {
  const micro = numberIn(voltageNow);
  return supply(micro === null ? null : micro / MICRO);
};

/** `inN_input` of /sys/class/hwmon/hwmonN, in millivolt, whose label names the supply: chips measure much else. */
export function hwmonV(input: string | undefined, label: string | undefined): number | null {
  if (!/^\s*(v[_ -]?in|vcc|vdd|vsys|supply|\+?12v|\+?24v|dc[_ -]?in)\b/i.test(label ?? '')) return null;
  const milli = numberIn(input);
  return supply(milli === null ? null : milli / MILLI);
}

const inRange = (dbm: number | null): number | null =>
  dbm !== null && dbm >= LEAST_DBM && dbm < 0 ? Math.round(dbm) : null;

/** `mmcli -m any --signal-get -J`: the received strength of the technology in use; `--` stands for none. */
export function mmcliDbm(text: string): number | null {
  let modem: unknown;
  try {
    modem = JSON.parse(text);
  } catch {
    return null;
  }
  const fieldsOf = (raw: unknown): { readonly [key: string]: unknown } =>
    typeof raw === 'object' && raw !== null ? (raw as { readonly [key: string]: unknown }) : {};
  const signal = fieldsOf(fieldsOf(fieldsOf(modem)['modem'])['signal']);
  const read = (technology: string, field: string): number | null => {
    const raw = fieldsOf(signal[technology])[field];
    return inRange(numberIn(typeof raw === 'string' ? raw : undefined));
  };
  for (const technology of ['5g', 'lte', 'umts', 'gsm', 'cdma1x', 'evdo']) {
    const dbm = read(technology, 'rssi') ?? read(technology, 'rsrp');
    if (dbm !== null) return dbm;
  }
  return null;
}

/** `+CSQ: 18,99` (3GPP TS 27.007 8.5): 0 is −113 dBm or less, each step 2 dB, 99 is unknown. */
export function csqDbm(text: string): number | null {
  const steps = Number(/\+CSQ:\s*(\d{1,2}),\d{1,2}/.exec(text)?.[1] ?? 99);
  return steps <= 31 ? 2 * steps - 113 : null;
}
