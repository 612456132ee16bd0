import { declareErrors } from '#platform/kernel';

declareErrors({
  portal_link_over: {
    status: 410,
    message: 'This link is good once, for five minutes. Open the page again from the app that led here.',
  },
  portal_closed: {
    status: 401,
    message: 'This page is open for an hour. Open it again from the app that led here.',
  },
  foreign_form: {
    status: 403,
    message: 'This form was not sent from its own page. Open the page again, and try once more.',
  },
});
