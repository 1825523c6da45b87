"""What units, currencies and symbols are called in Mandarin, and the measure words that 两 goes with."""

from __future__ import annotations

CURRENCIES: dict[str, str] = {
    "¥": "元", "￥": "元", "$": "美元", "US$": "美元", "HK$": "港元", "€": "欧元", "£": "英镑",
    "₩": "韩元", "₽": "卢布", "₹": "卢比", "RMB": "元", "CNY": "元", "USD": "美元", "EUR": "欧元",
    "JPY": "日元", "GBP": "英镑",
}  # fmt: skip
"""Currency signs and codes; the name is said after the amount."""

UNITS: dict[str, str] = {
    "km/h": "公里每小时", "m/s": "米每秒", "km²": "平方公里", "km2": "平方公里", "m²": "平方米",
    "m2": "平方米", "㎡": "平方米", "cm²": "平方厘米", "m³": "立方米", "m3": "立方米",
    "km": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "nm": "纳米", "μm": "微米", "µm": "微米",
    "kg": "公斤", "mg": "毫克", "g": "克", "t": "吨", "ml": "毫升", "mL": "毫升", "L": "升",
    "℃": "摄氏度", "°C": "摄氏度", "℉": "华氏度", "°F": "华氏度", "°": "度", "kWh": "千瓦时",
    "kW": "千瓦", "MW": "兆瓦", "W": "瓦", "V": "伏", "mA": "毫安", "A": "安", "GHz": "吉赫兹",
    "MHz": "兆赫兹", "kHz": "千赫兹", "Hz": "赫兹", "dB": "分贝", "ms": "毫秒", "s": "秒",
    "min": "分钟", "h": "小时", "rpm": "转每分",
}  # fmt: skip
"""Units as written after a number."""

MEASURE_WORDS = (
    "个位名只条张本件辆台座栋家间所棵朵头匹双对把支枝根块片颗粒滴杯瓶碗盘盒箱袋包份封篇首部集"
    "场次遍趟回种类样层级步顿句段行列排组群批队班届季天周年岁秒倍人口亩米吨元点"
)
"""Words before which a plain 2 is read 两."""

SYMBOLS: dict[str, str] = {
    "&": "和", "@": "艾特", "%": "百分号", "+": "加", "=": "等于", "×": "乘", "÷": "除以", "<": "小于",
    ">": "大于", "≤": "小于等于", "≥": "大于等于", "≈": "约等于", "±": "正负", "°": "度", "$": "美元",
    "€": "欧元", "£": "英镑", "¥": "元", "￥": "元", "#": "井号", "π": "派", "√": "根号", "²": "平方",
    "³": "立方", "_": "下划线", "\\": "反斜杠",
}  # fmt: skip
"""Signs that are left once the patterns have run."""
