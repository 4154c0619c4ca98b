drop function ship_order;
drop table orders;
