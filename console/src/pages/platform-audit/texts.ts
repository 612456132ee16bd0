import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  account: ['Account', 'Konto'],
  actor: ['Person or key', 'Person oder Schlüssel'],
  action: ['Action, as member.left', 'Aktion, wie member.left'],
  target: ['Done to', 'Getan an'],
  empty: [
    'Nothing like it was done. Take a filter away.',
    'Nichts dergleichen wurde getan. Nimm einen Filter weg.',
  ],
  when: ['When', 'Wann'],
  who: ['By', 'Von'],
  what: ['Action', 'Aktion'],
  changes: ['Changes', 'Änderungen'],
  from: ['From', 'Woher'],
  system: ['the server', 'dem Server'],
});
