/** A scope of the demo workspace. */
export interface SeedScope {
  readonly title: string;
  readonly summary: string;
  readonly currency: string;
  readonly sections: readonly {
    readonly type: string;
    readonly title: string;
    readonly content: string;
  }[];
  /** The statuses that it goes through. */
  readonly moves: readonly string[];
  /** Comments on its sections, by their `type`, and their replies. */
  readonly comments?: readonly { readonly on: string; readonly body: string; readonly reply?: string }[];
  /** The client's brief, in Markdown. */
  readonly brief?: { readonly name: string; readonly text: string };
}

interface SeedProject {
  readonly name: string;
  readonly client: string;
  readonly scopes: readonly SeedScope[];
}

/** Projects and scopes as a small consultancy has them. The clients are made up. */
export const PROJECTS: readonly SeedProject[] = [
  {
    name: 'Online shop relaunch',
    client: 'Lindqvist Teas',
    scopes: [
      {
        title: 'Relaunch of the online shop',
        summary:
          'Lindqvist Teas moves its shop of some 420 products to a platform that its own team can look after, before the Christmas season.',
        currency: 'EUR',
        moves: ['in_review', 'approved', 'sent'],
        comments: [
          {
            on: 'timeline',
            body: 'They close for the first week of May. Is the test planned around that?',
            reply: 'It begins on the 3rd, so it is two days late. I asked for a contact who is there.',
          },
          { on: 'budget', body: 'Thirds were agreed by phone on Tuesday.' },
        ],
        brief: {
          name: 'Brief of Lindqvist Teas.md',
          text: `# A new shop for Lindqvist Teas

## Where we are

Our shop shows a page in almost five seconds on a phone. We sell 420 teas in 38 categories. Prices are changed by an agency, which takes
two days each time.

## What we want

- Three of our own people look after prices, texts and pictures.
- Customers pay by card, by invoice or with PayPal.
- No link from a search engine may break.

## When and for how much

We would like to begin on 11 January 2027 and be done by the end of May 2027. The budget is between €40,000 and €46,000, net 30.

## What we do ourselves

Photographs, translations and hosting.
`,
        },
        sections: [
          {
            type: 'overview',
            title: 'Overview',
            content:
              'The present shop takes 4.8 seconds to show a page on a phone, and each change of a price goes through an agency. The new one is looked after by the client’s team of three.',
          },
          {
            type: 'objectives',
            title: 'Objectives',
            content:
              '- A page is there in less than 1.5 seconds on a mid-range phone.\n- The team changes prices, texts and pictures without us.\n- No address that a search engine knows is lost.',
          },
          {
            type: 'deliverables',
            title: 'Deliverables',
            content:
              '| Deliverable | Accepted when |\n|---|---|\n| Catalogue of 420 products with 38 categories | the totals equal those of the old shop |\n| Checkout with card, invoice and PayPal | ten test orders went through each |\n| Redirects of 1,900 addresses | a crawl finds no 404 |\n| Training of two half days | the team has published a product by itself |',
          },
          {
            type: 'timeline',
            title: 'Timeline',
            content:
              '| Phase | From | Until |\n|---|---|---|\n| Design | 11 January 2027 | 5 February 2027 |\n| Catalogue and checkout | 8 February 2027 | 30 April 2027 |\n| Test and training | 3 May 2027 | 28 May 2027 |',
          },
          {
            type: 'budget',
            title: 'Budget',
            content:
              '| Item | Amount |\n|---|---|\n| Design | €9,600 |\n| Catalogue and checkout | €28,400 |\n| Test and training | €6,200 |\n| **Total** | **€44,200** |\n\nPaid by thirds: at the start, after the catalogue, after acceptance; net 30.',
          },
          {
            type: 'assumptions',
            title: 'Assumptions',
            content:
              '- The client brings texts and pictures of all products until 1 March 2027.\n- The accounting system keeps its present interface.',
          },
          {
            type: 'exclusions',
            title: 'Not included',
            content: '- Product photography\n- Translations\n- Hosting and domains',
          },
          {
            type: 'acceptance',
            title: 'Acceptance',
            content:
              'The client tests for ten working days. Each deliverable is accepted in writing, or defects are named; what is not named in that time is accepted.',
          },
        ],
      },
      {
        title: 'Subscription boxes, phase 2',
        summary: 'A box of three teas every month, which customers pause and change by themselves.',
        currency: 'EUR',
        moves: ['in_review'],
        comments: [
          { on: 'risks', body: 'One in twelve is what the provider says for Germany. And for Austria?' },
        ],
        sections: [
          {
            type: 'overview',
            title: 'Overview',
            content: 'Every fifth customer buys again within six weeks. A box makes a habit of that.',
          },
          {
            type: 'deliverables',
            title: 'Deliverables',
            content:
              '- Choice of a box in the shop\n- Payment every month, with pause and change of address\n- A list of boxes to pack, every Monday',
          },
          {
            type: 'risks',
            title: 'Risks',
            content:
              'The payment provider asks for a second confirmation of cards in some countries: expect one in twelve first payments to fail.',
          },
          {
            type: 'budget',
            title: 'Budget',
            content: 'Between €12,000 and €15,000, by two sprints of two weeks each.',
          },
        ],
      },
    ],
  },
  {
    name: 'Clinic scheduling',
    client: 'Harbour Street Clinic',
    scopes: [
      {
        title: 'Appointments by phone and web',
        summary: 'One calendar for 14 physicians, filled by the front desk and by patients themselves.',
        currency: 'USD',
        moves: ['in_review', 'approved'],
        comments: [
          {
            on: 'deliverables',
            body: 'Do the six rooms count as calendars, too?',
            reply: 'Yes: a room is booked with the physician, and can be the reason why there is no place.',
          },
        ],
        sections: [
          {
            type: 'overview',
            title: 'Overview',
            content:
              'Two of five calls to the clinic are about moving an appointment. Patients shall do that by themselves, at any hour.',
          },
          {
            type: 'deliverables',
            title: 'Deliverables',
            content:
              '1. A calendar of 14 physicians and 6 rooms\n2. Pages on which patients choose, move and cancel\n3. Reminders by text message 24 hours before',
          },
          {
            type: 'timeline',
            title: 'Timeline',
            content:
              'Kick-off on 2 March 2027, pilot with three physicians on 19 April 2027, all of them from 1 June 2027.',
          },
          {
            type: 'budget',
            title: 'Budget',
            content: '$38,500, of which $5,000 at signing; then by milestones, net 15.',
          },
          {
            type: 'risks',
            title: 'Risks',
            content: 'The records system has no interface for cancellations before its version of April.',
          },
          {
            type: 'assumptions',
            title: 'Assumptions',
            content: 'The clinic names one person who decides within two working days.',
          },
        ],
      },
    ],
  },
  {
    name: 'Warehouse study',
    client: 'Okafor Logistics',
    scopes: [
      {
        title: 'Study: a second warehouse',
        summary: 'Whether a second warehouse near Leeds pays, and from which volume on.',
        currency: 'GBP',
        moves: [],
        sections: [
          {
            type: 'objectives',
            title: 'Question',
            content:
              'At which number of parcels a day does a second site cost less than overtime at the first one?',
          },
          {
            type: 'deliverables',
            title: 'Deliverables',
            content:
              '- A model of costs as a spreadsheet\n- A report of at most 20 pages\n- A presentation to the board',
          },
          {
            type: 'timeline',
            title: 'Timeline',
            content: 'Six weeks from the day on which the figures of 2025 and 2026 are there.',
          },
          {
            type: 'budget',
            title: 'Budget',
            content: '£11,000, fixed. Travel at cost, at most £900.',
          },
        ],
      },
    ],
  },
];

/** The consultancy's template for most of its scopes. */
export const TEMPLATE = {
  name: 'Fixed price, small team',
  description: 'For work of up to three months that is paid by milestones.',
  sections: [
    { type: 'overview', title: 'Overview', content: 'What is the client’s problem, in three sentences?' },
    {
      type: 'deliverables',
      title: 'Deliverables',
      content: '| Deliverable | Accepted when |\n|---|---|\n|  |  |',
    },
    { type: 'timeline', title: 'Timeline', content: '| Phase | From | Until |\n|---|---|---|\n|  |  |  |' },
    {
      type: 'budget',
      title: 'Budget',
      content: '| Item | Amount |\n|---|---:|\n|  |  |\n\nPaid by milestones; net 30.',
    },
    { type: 'exclusions', title: 'Not included', content: '- Hosting and domains\n- Translations' },
    {
      type: 'acceptance',
      title: 'Acceptance',
      content: 'The client tests for ten working days. What is not named in that time is accepted.',
    },
  ],
} as const;
