drop function reports.currency_of(uuid, text, timestamptz, text), reports.revenue(timestamptz, timestamptz, text);
