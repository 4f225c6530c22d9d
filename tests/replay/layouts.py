"""Invented exports of every layout that is shipped: what stands in the file, and the units that must come out of it.

Two orders of the evening: 2 of A and 1 of B in the first (20:00:05), 3 of A in the second (20:00:09), where the layout allows.
"""

T = "2026-06-18 20:00:"

DOUDIAN = f"""主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,优惠总金额,订单提交时间,支付完成时间,订单完成时间,订单状态,售后状态,达人ID,达人昵称,流量体裁
\t7001,\t7001,面膜,红,2,77,A,59.9,119.8,0,0,{T}05,{T}30,-,已发货,-,d1,小王,直播
\t7001,\t7002,精华,白,1,78,B,99,99,0,0,{T}05,{T}30,-,已发货,-,d1,小王,直播
\t7003,\t7003,面膜,红,3,77,A,59.9,179.7,0,0,{T}09,{T}40,-,已发货,-,d1,小王,直播
"""
TAOBAO_LIST = f'''订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,收货人姓名,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,宝贝总数量,店铺名称,订单关闭原因
"=""4001""",a**,218.8,0,218.8,218.8,交易成功,王**,{T}05,{T}30,面膜，精华,2,,3,店,
"=""4002""",b**,179.7,0,179.7,179.7,交易成功,李**,{T}09,{T}40,面膜,1,,3,店,
'''
TAOBAO_DETAIL = '''订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码
"=""4001""",面膜,59.9,2,A,红,,,交易成功,A
"=""4001""",精华,99,1,B,白,,,交易成功,B
"=""4002""",面膜,59.9,3,A,红,,,交易成功,A
'''
JUSHUITAN = f"""内部订单号,线上订单号,店铺名称,下单时间,付款日期,应付金额,已付金额,状态,快递单号,线上子订单编号,原始线上订单号,商品编码,商品名称,数量,商品单价,买家实付
1,8001,店,{T}05,{T}30,218.8,218.8,已发货,,8001-1,8001,A,面膜,2,59.9,119.8
1,8001,店,{T}05,{T}30,218.8,218.8,已发货,,8001-2,8001,B,精华,1,99,99
2,8002,店,{T}09,{T}40,179.7,179.7,已发货,,8002-1,8002,A,面膜,3,59.9,179.7
"""
PDD = f"""商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),用户实付金额(元),商家实收金额(元),商品数量(件),发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,售后状态,快递单号,订单成交时间
面膜,260618-1,已发货,119.8,0,0,0,119.8,119.8,2,,,77,红,701,A,P,无售后或售后取消,,{T}05\t
精华,260618-2,已发货,99,0,0,0,99,99,1,,,78,白,702,B,Q,无售后或售后取消,,{T}05\t
面膜,260618-3,已发货,179.7,0,0,0,179.7,179.7,3,,,77,红,701,A,P,无售后或售后取消,,{T}09\t
"""
KUAISHOU = f"""订单编号,订单状态,订单创建时间,订单支付时间,商品名称,商品ID,商品规格,SKU编码,商品单价,成交数量,实付款,买家留言
5001,待发货,{T}05,{T}30,面膜,77,红,A,59.9,2,119.8,
5002,待发货,{T}05,{T}30,精华,78,白,B,99,1,99,
5003,待发货,{T}09,{T}40,面膜,77,红,A,59.9,3,179.7,
"""
WECHAT = f"""订单号,订单下单时间,支付时间,订单状态,商品名称,商品编码(平台),商品编码(自定义),SKU编码(平台),SKU编码(自定义),商品数量,商品价格(单件),商品实际价格(总共),订单实际支付金额,商品售后,收件人姓名
37001,{T}05,{T}30,待发货,面膜,77,P,701,A,2,59.9,119.8,218.8,,王
37001,{T}05,{T}30,待发货,精华,78,Q,702,B,1,99,99,218.8,,王
37002,{T}09,{T}40,待发货,面膜,77,P,701,A,3,59.9,179.7,179.7,,李
"""
YOUZAN = f"""订单号,买家昵称,订单状态,订单创建时间,买家付款时间,交易成功时间,全部商品名称,商品种类数,订单商品总件数,运费,店铺优惠合计,商品金额合计
E01,a,待发货,{T}05,{T}30,,面膜;精华,2,3,0,0,218.8
E02,b,待发货,{T}09,{T}40,,面膜,1,3,0,0,179.7
"""
YOUZAN_ITEMS = """订单号,商品名称,商品规格,规格编码,商品编码,商品数量,商品单价,商品实际成交金额,商品发货状态
E01,面膜,红,A,P,2,59.9,119.8,待发货
E01,精华,白,B,Q,1,99,99,待发货
E02,面膜,红,A,P,3,59.9,179.7,待发货
"""
WANGDIANTONG = f"""订单编号,店铺,订单来源,子单原始单号,子单原始子订单号,订单状态,订单退款状态,交易时间,付款时间,发货时间,收件人,买家实付,应收金额,商家编码,货品编号,货品名称,规格名称,下单数量,实发数量,分摊后总价
JY1,店,线上,6001,6001-1,已审核,,{T}05,{T}30,,王,218.8,218.8,A,P,面膜,红,2,2,119.8
JY1,店,线上,6001,6001-2,已审核,,{T}05,{T}30,,王,218.8,218.8,B,Q,精华,白,1,1,99
JY2,店,线上,6002,6002-1,已审核,,{T}09,{T}40,,李,179.7,179.7,A,P,面膜,红,3,3,179.7
"""
JD = f"""订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,付款确认时间,货号
9001,77,面膜,2,在线支付,{T}05,59.9,218.8,218.8,0,218.8,等待出库,,a,王,{T}30,A
9001,78,精华,1,在线支付,{T}05,99,218.8,218.8,0,218.8,等待出库,,a,王,{T}30,B
9002,77,面膜,3,在线支付,{T}09,59.9,179.7,179.7,0,179.7,等待出库,,b,李,{T}40,A
"""
TIKTOK = """Order ID,Order Status,Order Substatus,Cancelation/Return Type,Normal or Pre-order,SKU ID,Seller SKU,Product Name,Variation,Quantity,Sku Quantity of return,SKU Subtotal After Discount,Order Amount,Created Time,Paid Time,RTS Time,Cancelled Time,Cancel By,Warehouse Name
Platform unique order ID.,,,,,,Seller sku input by the seller.,,,,,,,Order created time.,,,,,
576461413038785751\t,To ship,Awaiting shipment,,Normal,77,A,Mask,Red,2,,119.80,218.80,18/06/2026 20:00:05\t,18/06/2026 20:00:30\t,,,,w
576461413038785751\t,To ship,Awaiting shipment,,Normal,78,B,Serum,White,1,,99.00,218.80,18/06/2026 20:00:05\t,18/06/2026 20:00:30\t,,,,w
576461413038785752\t,To ship,Awaiting shipment,,Normal,77,A,Mask,Red,3,,179.70,179.70,18/06/2026 20:00:09\t,18/06/2026 20:00:40\t,,,,w
"""
SHOPIFY = f"""Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Id
#1001,a@x,paid,{T}30 +0800,unfulfilled,USD,218.8,218.8,{T}05 +0800,2,Mask,59.9,A,,1
#1001,a@x,,,,,,,{T}05 +0800,1,Serum,99,B,,
#1002,b@x,paid,{T}40 +0800,unfulfilled,USD,179.7,179.7,{T}09 +0800,3,Mask,59.9,A,,2
"""
SHOPIFY_API = """{"orders": [
 {"id": 1, "name": "#1001", "created_at": "2026-06-18T20:00:05+08:00", "financial_status": "paid", "fulfillment_status": null, "subtotal_price": "218.80",
  "line_items": [{"id": 11, "sku": "A", "variant_id": 701, "quantity": 2, "price": "59.90", "name": "Mask"},
                 {"id": 12, "sku": "B", "variant_id": 702, "quantity": 1, "price": "99.00", "name": "Serum"}],
  "tax_lines": [{"rate": 0.1, "price": "3"}], "shipping_lines": [{"id": 5, "title": "post"}]},
 {"id": 2, "name": "#1002", "created_at": "2026-06-18T20:00:09+08:00", "financial_status": "paid", "fulfillment_status": null, "subtotal_price": "179.70",
  "line_items": [{"id": 13, "sku": "A", "variant_id": 701, "quantity": 3, "price": "59.90", "name": "Mask"}], "tax_lines": [], "shipping_lines": []}
]}
"""
WOO_API = """[
 {"id": 1, "order_key": "k1", "status": "processing", "date_created": "2026-06-18T20:00:05", "date_created_gmt": "2026-06-18T12:00:05", "date_paid_gmt": "2026-06-18T12:00:30",
  "billing": {"first_name": "a"}, "line_items": [{"id": 11, "sku": "A", "product_id": 77, "quantity": 2, "total": "119.80", "name": "Mask"},
                 {"id": 12, "sku": "B", "product_id": 78, "quantity": 1, "total": "99.00", "name": "Serum"}],
  "tax_lines": [{"id": 1, "rate_code": "x"}], "shipping_lines": [{"id": 5, "method_title": "post"}]},
 {"id": 2, "order_key": "k2", "status": "processing", "date_created": "2026-06-18T20:00:09", "date_created_gmt": "2026-06-18T12:00:09", "date_paid_gmt": null,
  "billing": {"first_name": "b"}, "line_items": [{"id": 13, "sku": "A", "product_id": 77, "quantity": 3, "total": "179.70", "name": "Mask"}], "tax_lines": [], "shipping_lines": []}
]
"""
WOO = """Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Order Subtotal Amount,Order Total Amount,SKU,Item #,Item Name,Quantity (- Refund),Item Cost
1,Processing,2026-06-18 20:00,,a,218.8,218.8,A,1,Mask,2,59.9
1,Processing,2026-06-18 20:00,,a,218.8,218.8,B,2,Serum,1,99
2,Processing,2026-06-18 20:01,,b,179.7,179.7,A,1,Mask,3,59.9
"""
AMAZON = """amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price
701-1\t\t2026-06-18T12:00:05+00:00\t2026-06-18T13:00:05+00:00\tShipped\tMerchant\tMask 5" pack\tA\tB0A\tShipped\t2\tUSD\t119.80
701-1\t\t2026-06-18T12:00:05+00:00\t2026-06-18T13:00:05+00:00\tShipped\tMerchant\tSerum\tB\tB0B\tShipped\t1\tUSD\t99.00
701-2\t\t2026-06-18T12:00:09+00:00\t2026-06-18T13:00:05+00:00\tShipped\tMerchant\tMask 5" pack\tA\tB0A\tShipped\t3\tUSD\t179.70
"""
SHOPEE = """Order ID,Order Status,Tracking Number*,Order Creation Date,Order Paid Time,Parent SKU Reference No.,Product Name,SKU Reference No.,Variation Name,Original Price,Deal Price,Quantity,Product Subtotal,Username (Buyer)
2606ABC1,To Ship,,2026-06-18 20:00,2026-06-18 20:01,P,Mask,A,Red,70,59.9,2,119.80,a
2606ABC1,To Ship,,2026-06-18 20:00,2026-06-18 20:01,Q,Serum,B,White,99,99,1,99.00,a
2606ABC2,To Ship,,2026-06-18 20:01,2026-06-18 20:02,P,Mask,A,Red,70,59.9,3,179.70,b
"""
SHOPEE_TW = """訂單編號,訂單狀態,訂單成立日期,買家帳號,商品名稱,主商品貨號,商品選項名稱,商品選項貨號,數量,商品活動價格
2606ABC1,待出貨,2026-06-18 20:00,a,面膜,P,紅,A,2,59.9
2606ABC1,待出貨,2026-06-18 20:00,a,精華,Q,白,B,1,99
2606ABC2,待出貨,2026-06-18 20:01,b,面膜,P,紅,A,3,59.9
"""
LAZADA = """orderItemId,orderType,Guarantee,deliveryType,lazadaId,sellerSku,lazadaSku,wareHouse,createTime,updateTime,rtsSla,ttsSla,orderNumber,status,paidPrice,unitPrice,itemName
""" + "".join(
    f"{n},Normal,,standard,L{n},{sku},S{sku},w,18 Jun 2026 20:{s:02d},18 Jun 2026 21:00,,,{order},pending,59.9,59.9,x\n"
    for n, sku, s, order in (
        (1, "A", 5, 301),
        (2, "A", 5, 301),
        (3, "B", 5, 301),
        (4, "A", 9, 302),
        (5, "A", 9, 302),
        (6, "A", 9, 302),
    )
)

LAYOUTS: dict[str, dict[str, str]] = {
    "doudian_orders": {"orders.csv": DOUDIAN},
    "taobao_items": {"ExportOrderDetailList.csv": TAOBAO_DETAIL, "ExportOrderList.csv": TAOBAO_LIST},
    "jushuitan_orders": {"orders.csv": JUSHUITAN},
    "pinduoduo_orders": {"orders_export.csv": PDD},
    "kuaishou_orders": {"orders.csv": KUAISHOU},
    "wechat_shop_orders": {"orders.csv": WECHAT},
    "youzan_items": {"items.csv": YOUZAN_ITEMS, "orders.csv": YOUZAN},
    "wangdiantong_orders": {"orders.csv": WANGDIANTONG},
    "jd_orders": {"orders.csv": JD},
    "tiktok_shop_orders": {"orders.csv": TIKTOK},
    "shopify_orders": {"orders_export.csv": SHOPIFY},
    "shopify_api": {"orders.json": SHOPIFY_API},
    "woocommerce_api": {"orders.json": WOO_API},
    "woocommerce_orders": {"orders.csv": WOO},
    "amazon_orders": {"orders.txt": AMAZON},
    "shopee_orders": {"orders.csv": SHOPEE},
    "lazada_orders": {"orders.csv": LAZADA},
}
"""Mapping that must be told, and the files of the show."""
