import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, html } from './html.ts';
import { frameOf, type LonLat, placeLabels, scaleBar } from './map-frame.ts';

const KM = 6_371.0088;
/** Great-circle distance. */
function kilometres([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const h =
    Math.sin(rad(lat2 - lat1) / 2) ** 2 +
    Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon1) / 2) ** 2;
  return 2 * KM * Math.asin(Math.sqrt(h));
}

describe('text on a page', () => {
  it('is never markup, whatever somebody entered as a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const { html: made } = html`<td title="${name}">${name}</td>`;
        expect(made.replace(/^<td title="|<\/td>$/g, '').split('">')).toHaveLength(2);
        expect(escapeText(name)).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it('cannot turn the direction of what follows', () => {
    expect(escapeText('王\u202e5321\u0007')).toBe('王5321');
  });

  it('leaves what is HTML already as it is, and lists are joined', () => {
    expect(html`<p>${[html`<b>${'a&b'}</b>`, 'c']}${null}${3}</p>`.html).toBe('<p><b>a&amp;b</b>c3</p>');
  });
});

describe('the sheet of map', () => {
  const place = fc.tuple(
    fc.double({ min: 100, max: 101, noNaN: true }),
    fc.double({ min: 20, max: 50, noNaN: true }).map((lat) => lat),
  );
  const county = fc
    .tuple(
      place,
      fc.array(
        fc.tuple(fc.double({ min: -0.5, max: 0.5, noNaN: true }), fc.double({ min: -0.4, max: 0.4, noNaN: true })),
        { minLength: 1, maxLength: 30 },
      ),
    )
    .map(([[lon, lat], steps]): readonly LonLat[] => steps.map(([x, y]): LonLat => [lon + x, lat + y]));

  it('shows every place within its margins', () => {
    fc.assert(
      fc.property(county, (places) => {
        const frame = frameOf(places, 800, 640, 40);
        for (const one of places) {
          const [x, y] = frame.at(one);
          expect(x).toBeGreaterThanOrEqual(40 - 1e-6);
          expect(x).toBeLessThanOrEqual(760 + 1e-6);
          expect(y).toBeGreaterThanOrEqual(40 - 1e-6);
          expect(y).toBeLessThanOrEqual(600 + 1e-6);
        }
      }),
    );
  });

  it('is true to its scale within a hundredth over a county', () => {
    fc.assert(
      fc.property(county, (places) => {
        const frame = frameOf(places, 800, 640, 40);
        const [a, b] = [places[0], places.at(-1)];
        if (a === undefined || b === undefined) return;
        const onSheet =
          (Math.hypot(...([0, 1] as const).map((n) => frame.at(a)[n] - frame.at(b)[n])) * frame.metresPerUnit) / 1_000;
        expect(Math.abs(onSheet - kilometres(a, b))).toBeLessThanOrEqual(0.01 * kilometres(a, b) + 0.01);
      }),
    );
  });

  it('has a bar of a round length that fits', () => {
    for (const [perUnit, expected] of [
      [1, 100],
      [3.1, 500],
      [62, 10_000],
    ] as const) {
      const { metres, units } = scaleBar(perUnit, 170);
      expect(metres).toBe(expected);
      expect(units).toBeLessThanOrEqual(170);
    }
  });

  it('lets no name lie on a mark or on another name', () => {
    const label = (text: string, x: number, y: number) => ({ text, spot: [x, y] as const, size: 12 });
    const placed = placeLabels(
      [label('桃树湾村', 100, 100), label('岩口村', 100, 100), label('外', 5, 5)],
      [[100, 98]],
      800,
      640,
    );
    expect(placed.map(({ text }) => text)).toEqual(['桃树湾村', '岩口村']);
    expect(new Set(placed.map(({ spot }) => spot[1])).size).toBe(2);
    expect(placed.every(({ spot }) => Math.abs(spot[1] - 98) > 9)).toBe(true);
  });
});
