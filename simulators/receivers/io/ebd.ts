/** An emergency broadcast platform over HTTP: takes EBD packets, keeps what is to be played, and answers what became of it. */
import { createServer } from 'node:http';

export type BroadcastAsked = {
  readonly ebdId: string;
  readonly type: string;
  readonly ebmId: string;
  /** 1 play, 2 cancel; null for a question. */
  readonly msgType: number | null;
  readonly severity: number | null;
  readonly areas: readonly string[];
  readonly related: string | null;
  readonly key: string;
  readonly xml: string;
};

export type EbdPlatform = {
  readonly url: string;
  readonly asked: () => readonly BroadcastAsked[];
  /** What is played now: taken and not cancelled. */
  readonly playing: () => readonly string[];
  /** BrdStateCode that a question is answered with; null: it says only that it took it. */
  readonly answer: (code: number | null) => void;
  /** ResultCode of what comes next; 1 is yes. */
  readonly refuse: (code: number) => void;
  readonly stop: () => Promise<void>;
};

const textOf = (xml: string, name: string): string | null =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;

function askedOf(xml: string, key: string): BroadcastAsked {
  const related = /<RelatedInfo>\s*<EBMID>(\d+)<\/EBMID>/.exec(xml)?.[1] ?? null;
  const number = (name: string): number | null => {
    const text = textOf(xml, name);
    return text === null ? null : Number(text);
  };
  return {
    ebdId: textOf(xml, 'EBDID') ?? '',
    type: textOf(xml, 'EBDType') ?? '',
    ebmId: textOf(xml, 'EBMID') ?? '',
    msgType: number('MsgType'),
    severity: number('Severity'),
    areas: (textOf(xml, 'AreaCode') ?? '').split(',').filter((code) => code !== ''),
    related,
    key,
    xml,
  };
}

/** The platform's own document about a broadcast. */
export const stateResponse = (ebmId: string, code: number, description = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?><EBD><EBDVersion>1.0</EBDVersion><EBDType>EBMStateResponse</EBDType><EBMStateResponse><RptTime>2022-06-03 08:00:00</RptTime><EBM><EBMID>${ebmId}</EBMID></EBM><BrdStateCode>${code}</BrdStateCode><BrdStateDesc>${description}</BrdStateDesc></EBMStateResponse></EBD>`;

const result = (code: number): string =>
  `<?xml version="1.0" encoding="UTF-8"?><EBD><EBDVersion>1.0</EBDVersion><EBDType>EBDResponse</EBDType><EBDResponse><ResultCode>${code}</ResultCode><ResultDesc></ResultDesc></EBDResponse></EBD>`;

export async function startEbdPlatform(): Promise<EbdPlatform> {
  const asked: BroadcastAsked[] = [];
  const playing = new Set<string>();
  let state: number | null = null;
  let resultCode = 1;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = askedOf(Buffer.concat(parts).toString('utf8'), String(request.headers['idempotency-key'] ?? ''));
      asked.push(one);
      response.setHeader('content-type', 'application/xml');
      if (one.type === 'EBMStateRequest' && state !== null) return response.end(stateResponse(one.ebmId, state));
      if (resultCode === 1 && one.msgType === 1) {
        if (one.related !== null) playing.delete(one.related);
        playing.add(one.ebmId);
      }
      if (resultCode === 1 && one.msgType === 2 && one.related !== null) playing.delete(one.related);
      return response.end(result(resultCode));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/ebd`,
    asked: () => asked,
    playing: () => [...playing],
    answer: (code) => {
      state = code;
    },
    refuse: (code) => {
      resultCode = code;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
