import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  about: [
    'What developers earn by their sales, paid out by calendar months of UTC.',
    'Was Entwickler an ihren Verkäufen verdienen, ausgezahlt nach Kalendermonaten in UTC.',
  ],
  period: ['Month', 'Monat'],
  allPeriods: ['All months', 'Alle Monate'],
  pay: ['Pay {period}', '{period} auszahlen'],
  running: ['A job is paying {period}.', 'Ein Job zahlt {period} aus.'],
  owed: ['Owed', 'Geschuldet'],
  owedInAll: ['Owed in all', 'Insgesamt geschuldet'],
  payable: ['Payable now', 'Jetzt fällig'],
  waiting: ['Of payees who can’t be paid yet', 'Von Empfängern, denen noch nichts gezahlt werden kann'],
  nothingOwed: [
    'Nothing is owed. Shares of what you sell for others add up here until you pay them out.',
    'Nichts ist geschuldet. Anteile an dem, was du für andere verkaufst, sammeln sich hier, bis du sie auszahlst.',
  ],
  none: [
    'Nothing was paid out yet. Choose a month that is over, and pay it.',
    'Noch wurde nichts ausgezahlt. Wähle einen Monat, der vorbei ist, und zahle ihn aus.',
  ],
  payee: ['Payee', 'Empfänger'],
  gone: ['erased', 'gelöscht'],
  state: ['State', 'Stand'],
  open: ['open', 'offen'],
  paid: ['paid', 'bezahlt'],
  refused: ['refused', 'abgelehnt'],
  amount: ['Amount', 'Betrag'],
  currency: ['Currency', 'Währung'],
  transfer: ['Transfer', 'Überweisung'],
  when: ['When', 'Wann'],
  differences: ['Differences from Stripe', 'Unterschiede zu Stripe'],
  same: ['Stripe’s books say the same.', 'Stripes Bücher sagen dasselbe.'],
  neverCompared: [
    'They were not compared yet: a job does it once a day.',
    'Sie wurden noch nicht verglichen: ein Job macht das einmal am Tag.',
  ],
  compared: ['Compared', 'Verglichen'],
  payout: ['Payout', 'Auszahlung'],
  difference: ['What differs', 'Was sich unterscheidet'],
  unknownTransfer: [
    'Stripe has a transfer of {theirs} that we never made.',
    'Stripe hat eine Überweisung über {theirs}, die wir nie gemacht haben.',
  ],
  missingTransfer: [
    'By our books {ours} are with the payee; Stripe knows no such transfer.',
    'Nach unseren Büchern sind {ours} beim Empfänger; Stripe kennt keine solche Überweisung.',
  ],
  otherAmount: [
    'By our books {ours} are with the payee, by Stripe’s {theirs}.',
    'Nach unseren Büchern sind {ours} beim Empfänger, nach denen von Stripe {theirs}.',
  ],
});
