import { assert as check, property, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicDetail } from './detail.ts';

describe('what a receiver said', () => {
  it.each([
    ['550 5.1.1 <li.si@mail.example.cn>: user unknown', '550 5.1.1 <***@mail.example.cn>: user unknown'],
    ['to 13800000005 failed', 'to 138**** failed'],
    ['+8613800000005 is not served', '+861**** is not served'],
    ['POST https://robot.example.cn/send?key=s3cret-4 said no', 'POST https://robot.example.cn said no'],
    ['https://user:s3cret@gw.example.cn/x', 'https://gw.example.cn'],
    ['one\r\ntwo\u2028three', 'one two three'],
    ['connect ECONNREFUSED 127.0.0.1:18025', 'connect ECONNREFUSED 127.0.0.1:18025'],
    ['HTTP 503', 'HTTP 503'],
  ])('%j is shown as %j', (said, shown) => {
    expect(publicDetail(said)).toBe(shown);
  });

  it('is one short line without a telephone number, whatever it was', () => {
    check(
      property(string({ maxLength: 300, unit: 'binary' }), stringMatching(/^1\d{10}$/), (around, phone) => {
        const shown = publicDetail(`${around} ${phone} ${around}`);
        expect(shown).not.toContain(phone);
        expect(shown.length).toBeLessThanOrEqual(200);
        expect(shown).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
