/**
 * Places of Chinese web maps (GCJ-02) as WGS-84: the published shift is applied the other way round until it agrees to
 * a centimetre. Outside China the two are one.
 */
const AXIS = 6_378_245;
const ECCENTRICITY = 0.006_693_421_622_965_943;
const RADIAN = Math.PI / 180;

function wave(x: number, a: number, b: number, c: number): number {
  const sin = (value: number) => Math.sin(value * Math.PI);
  const own = 20 * sin(6 * x) + 20 * sin(2 * x);
  const first = 20 * sin(a) + 40 * sin(a / 3);
  const second = b * sin(a / 12) + c * sin(a / 30);
  return ((own + first + second) * 2) / 3;
}

/** WGS-84 to GCJ-02. */
export function toGcj02(lon: number, lat: number): readonly [number, number] {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const root = Math.sqrt(Math.abs(x));
  const dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave(x, y, 160, 320);
  const dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave(x, x, 150, 300);
  const sin = Math.sin(lat * RADIAN);
  const magic = 1 - ECCENTRICITY * sin * sin;
  const north = (AXIS * (1 - ECCENTRICITY) * RADIAN) / (magic * Math.sqrt(magic));
  const east = (AXIS * Math.cos(lat * RADIAN) * RADIAN) / Math.sqrt(magic);
  return [lon + dLon / east, lat + dLat / north];
}

/** GCJ-02 to WGS-84. */
export function fromGcj02(lon: number, lat: number): readonly [number, number] {
  let [x, y] = [lon, lat];
  for (let round = 0; round < 8; round++) {
    const [gx, gy] = toGcj02(x, y);
    x += lon - gx;
    y += lat - gy;
  }
  return [x, y];
}
