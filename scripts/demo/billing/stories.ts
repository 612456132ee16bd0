import { buys, decides, uses } from './cards.ts';
import { minute, type Person, type Stage } from './stage.ts';

const BASIC = { product: 'reel', plan: 'basic' };
const PRO = { product: 'reel', plan: 'pro' };
const TEAM = { product: 'gateway', plan: 'team', currency: 'eur' };
const CHANGE = 'POST /v1/billing/subscription/change';

/** A change at the price that a preview shows. */
async function changes(who: Person, to: Readonly<Record<string, string | number>>) {
  const asked = new URLSearchParams(
    Object.entries(to).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const shown = await who.call(`GET /v1/billing/subscription/preview?${String(asked)}`);
  const { due_now, unit_amount, quantity, currency } = shown;
  return who.call(CHANGE, { ...to, agreed: { due_now, unit_amount, quantity, currency } });
}

/** IBANs of Stripe's list for tests: pays after five days; and pays, and has it given back four days later. */
const PAYS = 'AT611904300234573201';
const GIVES_BACK = 'AT591904300235473203';

interface Story {
  /** Who it is about. */
  readonly name: string;
  readonly title: string;
  readonly tell: (who: Person, stage: Stage) => Promise<void>;
}

/** A renewal that is never paid: Stripe tries on the days 1, 3, 5 and 7, and no mail's date is taken back. */
async function playDunning(ada: Person, stage: Stage): Promise<void> {
  await ada.does('Ada buys Reel Basic by card', () => buys(ada, BASIC));
  await stage.until(29);
  await ada.does('her card is one that will be declined', () => uses(ada, 'pm_card_chargeCustomerFail'));
  await stage.until(31);
  await ada.sees('the renewal is declined');
  for (const day of [32, 34, 36]) {
    await stage.until(day);
    await ada.sees('Stripe tries again');
  }
  await stage.until(38);
  await ada.sees('Stripe tries for the last time, and cancels; what the mail promised holds');
  await stage.until(39);
  await ada.sees('the date has come');
  await ada.sums();
}

async function debits(bea: Person, stage: Stage): Promise<void> {
  await bea.does('Bea buys Gateway Team by bank debit', () => buys(bea, TEAM, GIVES_BACK), 'gateway');
  await stage.until(5);
  await bea.sees('the bank has paid', 'gateway');
  await bea.sums();
  await stage.until(9);
  await bea.sees('after nine days the debit is returned', 'gateway');
  await bea.sums();
}

async function debitedUpgrade(cem: Person, stage: Stage): Promise<void> {
  const seats = () => changes(cem, { product: 'gateway', quantity: 3 });
  await cem.does('Cem buys a seat of Gateway Team by bank debit', () => buys(cem, TEAM, PAYS), 'gateway');
  await stage.until(5);
  await cem.sees('the bank has paid', 'gateway');
  await cem.does(
    'three seats: his bank account has paid before, so this debit is on its way',
    seats,
    'gateway',
  );
  await cem.sums();
  await stage.until(10);
  await cem.sees('the bank has paid the difference', 'gateway');
  await cem.sums();
}

async function playConfirmation(dan: Person, stage: Stage): Promise<void> {
  const upgrade = async (): Promise<string> => {
    const { confirmation } = (await changes(dan, PRO)) as {
      confirmation: { confirm_url: string; expires_at: string };
    };
    stage.say(`          confirmation: a page, open until ${minute(confirmation.expires_at)}`);
    return confirmation.confirm_url;
  };
  await dan.does('Dan buys Reel Basic', () => buys(dan, BASIC));
  await dan.does('his bank asks about payments from now on', () =>
    uses(dan, 'pm_card_authenticationRequired'),
  );
  await stage.until(1);
  await dan.does('an upgrade to Pro; he closes the page', upgrade);
  await stage.until(2);
  await dan.sees('nobody has confirmed it');
  await dan.does('once more; he refuses', async () => decides(await upgrade(), 'fail'));
  await dan.does('and once more; he confirms', async () => decides(await upgrade(), 'confirm'));
  await dan.sums();
}

async function playArrangedChange(eve: Person, stage: Stage): Promise<void> {
  const what = async () => {
    const {
      plan,
      next,
      cancels_at: ends,
    } = (await eve.call('GET /v1/billing/subscription?product=reel')) as {
      plan: string;
      next: { plan: string; at: string } | null;
      cancels_at: string | null;
    };
    const becomes = next === null ? '' : `, becomes ${next.plan} at ${minute(next.at)}`;
    stage.say(`          she is shown: ${plan}${becomes}${ends === null ? '' : `, ends ${minute(ends)}`}`);
  };
  const step = async (says: string, does: () => Promise<unknown>) => {
    await eve.does(says, does);
    await what();
  };
  const agreed = { unit_amount: 3_995, quantity: 1, currency: 'usd' };
  await eve.does('Eve buys Reel Pro', () => buys(eve, PRO));
  await stage.until(3);
  await step('a downgrade to Basic is arranged', () => changes(eve, BASIC));
  await step('she cancels', () => eve.call('DELETE /v1/billing/subscription?product=reel'));
  await step('she keeps it: what was arranged is there again', () =>
    eve.call('POST /v1/billing/subscription/resume', { product: 'reel', agreed }),
  );
  await step('she takes it back', () => changes(eve, PRO));
  await stage.until(32);
  await eve.sees('renewed, as Pro');
}

async function appStore(fay: Person, stage: Stage): Promise<void> {
  const { world } = stage.vendors.appStore;
  let id = '';
  await fay.triesTheGate('before');
  await fay.does('Fay buys Reel Pro in the App Store; only Apple tells of it', () => {
    id = world.buy({ product: 'reel.pro.monthly', appAccountToken: fay.accountId }).id;
  });
  await fay.triesTheGate('after');
  await fay.sums();
  await stage.until(4);
  await fay.does('Apple gives her the money back', () => world.refund(id));
  await fay.triesTheGate('refunded');
  await stage.until(6);
  await fay.does('Apple takes that back', () => world.reverseRefund(id));
  await fay.triesTheGate('reversed');
  await fay.sums();
}

async function googlePlay(gus: Person, stage: Stage): Promise<void> {
  const { world } = stage.vendors.googlePlay;
  const account = gus.accountId;
  let token = '';
  await gus.does('Gus buys Reel Basic at Google Play; only Google tells of it', () => {
    token = world.buy({ productId: 'reel.basic', basePlanId: 'monthly', account });
  });
  await stage.until(5);
  await gus.does('Reel Pro takes its place (linkedPurchaseToken)', () => {
    token = world.buy({ productId: 'reel.pro', basePlanId: 'monthly', account, replaces: token });
  });
  await stage.until(10);
  await gus.does('he pauses for 14 days, from the next period on', () => world.pause(token, 14));
  await stage.until(40);
  await gus.sees('paused');
  await stage.until(54);
  await gus.sees('it goes on by itself');
  await gus.sums();
}

async function playDoublePurchase(hal: Person, stage: Stage): Promise<void> {
  const { vendors } = stage;
  await hal.does('Hal buys Reel Basic by card', () => buys(hal, BASIC));
  await stage.until(2);
  await hal.does('and Reel Pro on his phone', () => {
    vendors.appStore.world.buy({ product: 'reel.pro.monthly', appAccountToken: hal.accountId });
  });
  const { data } = (await hal.call('GET /v1/billing/subscriptions')) as {
    data: readonly { store: string; plan: string; state: string }[];
  };
  for (const { store, plan, state } of data) stage.say(`          he is shown: ${plan}, ${state}, ${store}`);
  await hal.does('he cancels the one that he pays by card', () =>
    hal.call('DELETE /v1/billing/subscription?product=reel&when=now'),
  );
  await hal.sums();
}

/** What becomes of people who pay, in the order in which it is told. */
export const STORIES: readonly Story[] = [
  { name: 'Ada', title: '1. A renewal is declined, and the date of the mail is kept', tell: playDunning },
  { name: 'Bea', title: '2. A bank debit is returned after nine days', tell: debits },
  { name: 'Cem', title: '3. More seats by bank debit', tell: debitedUpgrade },
  {
    name: 'Dan',
    title: '4. An upgrade that the bank asks about: closed, refused, confirmed',
    tell: playConfirmation,
  },
  { name: 'Eve', title: '5. A downgrade is arranged, canceled, kept', tell: playArrangedChange },
  {
    name: 'Fay',
    title: '6. The App Store: a notification opens the gate; a refund, and its reversal',
    tell: appStore,
  },
  { name: 'Gus', title: '7. Google Play: an upgrade, and a pause', tell: googlePlay },
  { name: 'Hal', title: '8. Two providers are paid for one account', tell: playDoublePurchase },
];
