import { describe, expect, it } from 'vitest';
import { type Answer, countFlight, type Death, type Row } from '#test/chaos/flight.ts';

const POLL_MS = 200;
const UNITS = [1, 2, 3] as const;
const START_MS = Date.UTC(2024, 5, 1);

/** A bus of three units, written down cycle by cycle as slaves and edge would. */
function bookkeeper() {
  const answers: Answer[] = [];
  const deaths: Death[] = [];
  const rows = new Map<number, Row[]>(UNITS.map((unitId) => [unitId, []]));
  let nowMs = START_MS;
  const answer = (unitId: number) => void answers.push({ atMs: nowMs, unitId });
  const row = (unitId: number, says: Row['says'] = 'answered') =>
    void rows.get(unitId)?.push({ atMs: nowMs + 1, says });
  const later = (ms: number) => {
    nowMs += ms;
  };
  return {
    answer,
    row,
    later,
    /** One cycle; `kept` is whether it was committed, `until` how many units were asked. */
    cycle: (kept = true, until: number = UNITS.length) => {
      for (const unitId of UNITS.slice(0, until)) {
        answer(unitId);
        if (kept) row(unitId);
        later(5);
      }
      later(POLL_MS - 5 * until);
    },
    dies: (how: Death['how']) => {
      deaths.push({ atMs: nowMs, how, by: how === 'killed' ? 'SIGKILL' : 'code 0' });
      later(400);
    },
    count: () =>
      countFlight({
        busId: 'bus',
        answers,
        deaths,
        units: UNITS.map((unitId) => ({ unitId, sensorId: `sensor-${unitId}`, rows: rows.get(unitId) ?? [] })),
      }),
  };
}

/** Two cycles before and after what is being looked at. */
function around(what: (books: ReturnType<typeof bookkeeper>) => void) {
  const books = bookkeeper();
  books.cycle();
  books.cycle();
  what(books);
  books.cycle();
  books.cycle();
  return books.count();
}

const clean = { inFlight: 0, allowed: 0, findings: [] };

describe('the books of one bus', () => {
  it('close when every answer has its row', () => expect(around(() => {})).toEqual(clean));

  it('find a cycle that was lost without a death, with sensors and times', () => {
    const { inFlight, findings } = around((books) => books.cycle(false));
    expect(inFlight).toBe(0);
    expect(findings.length).toBe(1);
    expect(findings[0]).toMatch(/^bus: a poll of 3 of 3 units was answered and not kept; no death of its edge;/);
    for (const sensor of ['sensor-1', 'sensor-2', 'sensor-3'])
      expect(findings[0]).toContain(`${sensor} answered 00:00`);
  });

  it('find one row of one unit that was lost without a death', () => {
    const { findings } = around((books) => {
      for (const unitId of UNITS) {
        books.answer(unitId);
        if (unitId !== 2) books.row(unitId);
        books.later(5);
      }
      books.later(POLL_MS);
    });
    expect(findings).toEqual([expect.stringMatching(/1 of 3 units .* sensor-2 answered/)]);
  });

  it('count one poll at a kill, however many units it had asked', () => {
    for (const asked of UNITS)
      expect(
        around((books) => {
          books.cycle(false, asked);
          books.dies('killed');
        }),
      ).toEqual({ inFlight: 1, allowed: 1, findings: [] });
  });

  it('count nothing at a kill between two cycles', () => {
    expect(around((books) => books.dies('killed'))).toEqual({ inFlight: 0, allowed: 1, findings: [] });
  });

  it('find the second poll that is lost at one kill', () => {
    const { inFlight, findings } = around((books) => {
      books.cycle(false);
      books.cycle(false, 2);
      books.dies('killed');
    });
    expect(inFlight).toBe(1);
    expect(findings.join()).toContain('killed 00:00:');
  });

  it('allow one poll for each of two kills without a row between', () => {
    expect(
      around((books) => {
        books.cycle(false, 2);
        books.dies('killed');
        books.cycle(false, 1);
        books.dies('killed');
      }),
    ).toEqual({ inFlight: 2, allowed: 2, findings: [] });
  });

  it('find the first cycle after a kill, when it is lost and no death follows', () => {
    expect(
      around((books) => {
        books.dies('killed');
        books.cycle(false);
      }).findings.length,
    ).toBe(1);
  });

  it('find a cycle that was lost before the one that a kill cost', () => {
    const { findings } = around((books) => {
      books.cycle(false);
      books.cycle();
      books.dies('killed');
    });
    expect(findings.length).toBe(1);
  });

  it('find a poll that an ordered stop cost', () => {
    const { inFlight, allowed, findings } = around((books) => {
      books.cycle(false, 2);
      books.dies('stopped');
    });
    expect({ inFlight, allowed }).toEqual({ inFlight: 0, allowed: 0 });
    expect(findings.join()).toMatch(/2 of 3 units.*stopped 00:00:/);
  });

  it('take a row without a value for a row: a stop that closes the link keeps its statement', () => {
    expect(
      around((books) => {
        books.answer(1);
        books.row(1);
        books.later(5);
        books.answer(2);
        books.later(5);
        books.row(2, 'failed');
        books.dies('stopped');
      }),
    ).toEqual(clean);
  });

  it('take two answers with nothing in between for a request and its repeat, however far apart', () => {
    for (const apartMs of [5, 350])
      expect(
        around((books) => {
          books.answer(1);
          books.later(apartMs);
          books.cycle();
        }),
      ).toEqual(clean);
  });

  it.each([1, 2, 3])('take a second answer of unit %i at the end of its cycle for a repeat', (again) => {
    expect(
      around((books) => {
        for (const unitId of UNITS) {
          books.answer(unitId);
          if (unitId !== again) books.row(unitId);
          books.later(5);
        }
        books.answer(again);
        books.row(again);
        books.later(POLL_MS);
      }),
    ).toEqual(clean);
  });

  it('take second answers of two units at the end of their cycle for repeats', () => {
    expect(
      around((books) => {
        for (const unitId of [1, 2, 3, 1, 2]) {
          books.answer(unitId);
          books.later(5);
        }
        for (const unitId of UNITS) books.row(unitId);
        books.later(POLL_MS);
      }),
    ).toEqual(clean);
  });

  it('find a fifth answer with nothing in between', () => {
    const { findings } = around((books) => {
      for (let times = 0; times < 4; times++) {
        books.answer(1);
        books.later(5);
      }
      books.cycle();
    });
    expect(findings.length).toBe(1);
  });

  it('take an answer that came after its row had given it up', () => {
    expect(
      around((books) => {
        books.row(1, 'failed');
        books.later(50);
        books.answer(1);
        for (const unitId of [2, 3]) {
          books.answer(unitId);
          books.row(unitId);
          books.later(5);
        }
        books.later(POLL_MS);
      }),
    ).toEqual(clean);
  });

  it('give an answer to no row that asked nothing', () => {
    const { findings } = around((books) => {
      books.answer(1);
      books.row(1, 'unasked');
      for (const unitId of [2, 3]) {
        books.answer(unitId);
        books.row(unitId);
        books.later(5);
      }
      books.later(POLL_MS);
    });
    expect(findings.length).toBe(1);
  });

  it('charge an answer after a kill to it when it was the first on the bus', () => {
    expect(
      around((books) => {
        books.answer(1);
        books.later(5);
        books.dies('killed');
        books.answer(2);
        books.later(50);
      }),
    ).toEqual({ inFlight: 1, allowed: 1, findings: [] });
  });

  it('find a value that nobody answered', () => {
    const { findings } = around((books) => {
      for (const unitId of UNITS) books.row(unitId);
      books.later(POLL_MS);
    });
    expect(findings.length).toBe(3);
    expect(findings[0]).toMatch(/^sensor-1: the value of 00:00:00\.\d+ was answered by nobody$/);
  });

  it('find what is missing after the last row: nothing may be, since the edges were stopped in order', () => {
    const books = bookkeeper();
    books.cycle();
    books.cycle(false);
    expect(books.count().findings.length).toBe(1);
  });
});
