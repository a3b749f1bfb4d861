/** The peer on a paced line: `modbus-serial`, the client that Node programs take, one read after the other. */
import modbus from 'modbus-serial';

const [path = '', baudRate = '9600', windowMs = '10000'] = process.argv.slice(2);
const UNITS = 32;

async function pollsPerS(): Promise<number> {
  const client = new modbus.default();
  await client.connectRTUBuffered(path, { baudRate: Number(baudRate) });
  client.setTimeout(500);
  let answered = 0;
  const begunMs = performance.now();
  for (let unit = 0; performance.now() - begunMs < Number(windowMs); unit = (unit + 1) % UNITS) {
    client.setID(unit + 1);
    const { data } = await client.readHoldingRegisters(0, 2).catch(() => ({ data: [] }));
    if (data.length === 2) answered++;
  }
  return (answered * 1_000) / (performance.now() - begunMs);
}

process.send?.({ pollsPerS: await pollsPerS() });
process.exit(0);
