drop table ai.routes;
drop sequence ai.route_numbers;
