import { declareErrors } from 'plinth/product';

declareErrors({
  license_key_malformed: {
    status: 400,
    message: 'This is not a licence key: a character of it is wrong, or two changed places. Copy it again.',
  },
  license_not_found: { status: 404, message: 'There is no such licence.' },
  license_suspended: {
    status: 403,
    message: 'The licence is suspended. Pay what is owed, and it works again.',
  },
  license_inactive: { status: 403, message: 'The licence has ended. Buy a plan, and it works again.' },
  machines_exhausted: {
    status: 409,
    message: 'The licence is activated on as many machines as its plan has. Deactivate one first.',
  },
  deactivations_exhausted: {
    status: 429,
    message:
      'No more machines can be deactivated this month. Wait for the next month, or buy a plan with more seats.',
  },
  token_invalid: {
    status: 401,
    message: 'The token is not from this server, or belongs to another session.',
  },
  seats_exhausted: {
    status: 429,
    message: 'All seats of the licence are taken. Stop the program on another machine, or wait.',
  },
  seat_taken_over: {
    status: 409,
    message:
      'The program was started again on this machine, or on one with the same hardware id, and now has the seat.',
  },
  session_not_found: { status: 404, message: 'There is no session for this token.' },
  session_expired: { status: 410, message: 'The session has ended. Acquire a seat again.' },
  offline_too_early: {
    status: 409,
    message:
      'Offline work is allowed after five minutes online, and for one program at a time. Try again at `available_at`.',
  },
  offline_too_long: {
    status: 403,
    message: 'The licence does not allow offline work for that long.',
  },
});
