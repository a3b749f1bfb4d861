import { expect, it } from 'vitest';
import { busSchema, linkSchema } from '#cli/load/schemas.ts';

it('a DTU bus and a link of stations listen on loopback until an address opens them', () => {
  const bus = {
    id: 'a',
    kind: 'modbus-dtu',
    port: 9100,
    registration: { text: 'DTU-1' },
    units: [{ unit: 1, profile: 'x' }],
  };
  expect(busSchema.parse(bus)).toMatchObject({ host: '127.0.0.1' });
  expect(busSchema.parse({ ...bus, host: '0.0.0.0' })).toMatchObject({ host: '0.0.0.0' });
  const link = { id: 'b', protocol: 'sl651', kind: 'tcp-listen', port: 9065, stations: [{ station: '0012345678' }] };
  expect(linkSchema.parse(link)).toMatchObject({ host: '127.0.0.1' });
});
