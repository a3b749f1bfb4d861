/**
 * Open alerts → the county's LED board, over TCP, in the framed text form of roadside message boards: STX, two digits of
 * address, two of type, text in GBK, CRC-16/XMODEM, ETX. Another board's frame is another `frame` in the one node that makes it.
 */
import { fillCode, sentenceCode } from './code.ts';
import { type FlowNode, sheet } from './parts.ts';
import { BOARD_CALM } from './words.ts';

const INFO = `LED 屏总是显示最重的未结预警，没有时显示 BOARD_CALM；新发和升级显示出来后，写成预警的备注。
双击页签填写 BOARD_HOST、BOARD_PORT、BOARD_ADDRESS（两位）和 BOARD_TYPE（两位，显示文字的命令，见屏的说明书）。

帧：02，地址 2 位数字，类型 2 位数字，文字（GBK），CRC-16/XMODEM（高字节在前，算地址到文字），03；
地址到 CRC 里的 02、03、1B 写成 1B E7、1B E8、1B 00。屏的回答是同样的帧，内容“0”为成功。
这是道路可变情报板常见的文本帧形式，未对过某一厂家的实物：先与屏的说明书核对；不同的只需改“屏”里的 frame 和 isTaken。
没有应答时重试，每次都发当时最重的那条；预警解除后自动换下。只送实况；勾选演练后以【演练】开头。`;

const BOARD = `
${sentenceCode}
${fillCode('boardShown', 'boardFailed', 'noAddress', 'noReply')}
const RANK = { blue: 1, yellow: 2, orange: 3, red: 4 };
const REPLY_MS = Number(env.get('REPLY_MS')) || 8000;
const RETRY_MS = Number(env.get('RETRY_MS')) || 2000;
const TRIES = Number(env.get('TRIES')) || 5;

// What stands open, what is on its way, what the board shows; the timer ends with the node.
const state = context.get('board') ?? { open: {}, shown: null, sending: null, tries: 0, turn: 0, dueNotes: [] };
context.set('board', state);

const crc16 = (bytes) => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
};
const ESCAPED = { 0x02: [0x1b, 0xe7], 0x03: [0x1b, 0xe8], 0x1b: [0x1b, 0x00] };
const frame = (text) => {
  const body = Buffer.concat([Buffer.from(env.get('BOARD_ADDRESS') + env.get('BOARD_TYPE')), global.get('gbk')(text)]);
  const crc = crc16(body);
  const inside = [...body, crc >> 8, crc & 0xff].flatMap((byte) => ESCAPED[byte] ?? [byte]);
  return Buffer.from([0x02, ...inside, 0x03]);
};
/** The content of a whole frame from our board; undefined for anything else. */
const contentOf = (bytes) => {
  const start = bytes.lastIndexOf(0x02);
  if (start < 0 || bytes[bytes.length - 1] !== 0x03) return undefined;
  const plain = [];
  for (let at = start + 1; at < bytes.length - 1; at++) {
    if (bytes[at] !== 0x1b) plain.push(bytes[at]);
    else plain.push({ 0xe7: 0x02, 0xe8: 0x03, 0x00: 0x1b }[bytes[++at]]);
  }
  const body = plain.slice(0, -2);
  const crc = crc16(body);
  if (plain.at(-2) !== crc >> 8 || plain.at(-1) !== (crc & 0xff)) return undefined;
  const text = String.fromCharCode(...body);
  return text.startsWith(env.get('BOARD_ADDRESS')) ? text.slice(2) : undefined;
};
const isTaken = (bytes) => contentOf(bytes) === '0';

const wanted = () => {
  const open = Object.values(state.open).sort((a, b) => RANK[b.level] - RANK[a.level] || b.atMs - a.atMs);
  return open[0]?.text ?? String(env.get('BOARD_CALM') || ${JSON.stringify(BOARD_CALM)});
};
const isOpen = (note) => state.open[note.alertId] !== undefined;
const release = (text, make) => {
  const told = state.dueNotes.filter((note) => text === null || note.text === text);
  state.dueNotes = state.dueNotes.filter((note) => !told.includes(note) && isOpen(note));
  for (const { alertId, commandId, text: said } of told) node.send([null, { alertId, commandId, note: make(said) }]);
};
const sendNow = () => {
  const host = env.get('BOARD_HOST');
  const port = Number(env.get('BOARD_PORT'));
  state.sending = wanted();
  state.tries++;
  const turn = ++state.turn;
  node.status({ fill: 'blue', shape: 'ring', text: state.sending.slice(0, 30) });
  if (!host || !port) return failed(NOTES.noAddress);
  node.send([{ host, port, payload: frame(state.sending), turn }, null]);
  setTimeout(() => { if (state.turn === turn && state.sending !== null) failed(NOTES.noReply); }, REPLY_MS);
};
const refresh = () => {
  if (state.sending === null && wanted() !== state.shown) sendNow();
};
const failed = (why) => {
  state.sending = null;
  state.turn++;
  if (state.tries < TRIES) {
    const turn = state.turn;
    setTimeout(() => { if (state.turn === turn && state.sending === null) sendNow(); }, Math.min(60000, RETRY_MS * 2 ** (state.tries - 1)));
    return;
  }
  const tries = state.tries;
  state.tries = 0;
  state.shown = null;
  node.status({ fill: 'red', shape: 'dot', text: why });
  setTimeout(refresh, Number(env.get('LATER_MS')) || 60000);
  release(null, () => fill(NOTES.boardFailed, { tries, why }));
};

if (msg.change !== undefined) {
  const alert = msg.payload;
  if (['closed', 'falseAlarm'].includes(alert.lifecycle) || RANK[alert.level] < RANK.yellow) delete state.open[alert.id];
  else {
    const change = { worse: 'worse', milder: 'milder' }[msg.change] ?? 'new';
    const text = sentence(alert, change);
    state.open[alert.id] = { level: alert.level, atMs: alert.raisedAtMs, text };
    if (['new', 'worse'].includes(msg.change) && !msg.atStart)
      state.dueNotes = [...state.dueNotes.slice(-99), { alertId: alert.id, text, commandId: alert.id + '-' + msg.change + '-' + alert.version + '-board' }];
  }
  refresh();
} else if (msg.turn !== state.turn || state.sending === null) {
  // The answer to a frame that was given up.
} else if (msg.error !== undefined) {
  failed(String(msg.error.message ?? msg.error).slice(0, 100));
} else if (Buffer.isBuffer(msg.payload) && isTaken(msg.payload)) {
  state.shown = state.sending;
  state.sending = null;
  state.tries = 0;
  node.status({ fill: 'green', shape: 'dot', text: state.shown.slice(0, 30) });
  release(state.shown, (text) => fill(NOTES.boardShown, { text }));
  refresh();
} else {
  failed(NOTES.noReply);
}
return null;`;

/** What was on its way when Node-RED ended is not any more; open alerts come again at the start. */
const FORGET = `context.set('board', undefined);`;

export function boardFlow(): readonly FlowNode[] {
  const on = sheet(3, 'LED 屏 LED board', INFO, [
    { name: 'BOARD_HOST', value: '', type: 'str' },
    { name: 'BOARD_PORT', value: '5000', type: 'num' },
    { name: 'BOARD_ADDRESS', value: '00', type: 'str' },
    { name: 'BOARD_TYPE', value: '98', type: 'str' },
    { name: 'BOARD_CALM', value: BOARD_CALM, type: 'str' },
    { name: 'TRIES', value: '5', type: 'num' },
    { name: 'RETRY_MS', value: '2000', type: 'num' },
    { name: 'REPLY_MS', value: '8000', type: 'num' },
    { name: 'LATER_MS', value: '60000', type: 'num' },
  ]);
  const id = on.idOf;
  return [
    on.tab,
    on.note(1, { x: 180, y: 40, name: '先填页签里的 BOARD_HOST、BOARD_PORT' }, INFO),
    on.alertsIn(2, { x: 130, y: 120, name: '黄色以上，启动时也送' }, { openAtStart: true }, [[id(3)]]),
    on.code(3, { x: 320, y: 120, name: '屏' }, BOARD, [[id(4)], [id(6)]], FORGET),
    on.on(
      4,
      'tcp request',
      { x: 470, y: 100, name: '送给屏' },
      { server: '', port: '', out: 'char', ret: 'buffer', splitc: '0x03', newline: '', trim: false, tls: '' },
      [[id(3)]],
    ),
    on.caught(5, { x: 470, y: 200, name: '没有接通' }, [4], [[id(3)]]),
    on.action(6, { x: 640, y: 140, name: '记在预警上' }, 'note', [[], [id(7)]]),
    on.shown(7, { x: 800, y: 160, name: '备注被拒绝' }, 'refusal'),
  ];
}
