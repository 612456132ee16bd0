import { describe, expect, test } from 'vitest';
import { foldName } from './fold-name.ts';

describe('a name', () => {
  test.for([
    ['case and separators', 'Inbox-Helper', 'inbox_ helper'],
    ['letters of Cyrillic', 'paypal', 'рауpаl'],
    ['letters of Greek', 'Plinth Notes', 'Ρlinth Νοtes'],
    ['wide letters and ligatures', 'fine', 'ﬁｎｅ'],
    ['accents', 'Cafe', 'Café'],
    ['invisible signs', 'adiuva', 'adi\u200buva\u3164'],
    ['strokes', 'lllo', 'Il10'],
    ['pairs of letters', 'microsoft vvork', 'rnicrosoft work'],
  ])('is the same by its looks: %s', ([, one, other]) => {
    expect(foldName(other ?? '')).toBe(foldName(one ?? ''));
  });

  test('is another with other letters, of whichever alphabet', () => {
    const names = ['Tasks', 'Task', 'Notes', '記帳', '記録', 'Ежедневник', 'Заметки'];
    expect(new Set(names.map(foldName)).size).toBe(names.length);
    expect(foldName(' -\u200b')).toBe('');
  });
});
