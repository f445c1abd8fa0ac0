"""Parts lists made for the tests, in the manner of three revisions of one board."""

KICAD = """Reference, Quantity, Value, Footprint, Datasheet, MPN, Mfg, DNP
C1 C19 C26 ,3,4u7,Capacitor_SMD:C_0603_1608Metric,https://example.com/c,LMK107BJ475KAHT,Taiyo Yuden,
C11 C12 ,2,18p,Capacitor_SMD:C_0402_1005Metric,,CC0402JRNPO8BN180,Yageo,
D1 D2 D3 ,3,GRN,LED_SMD:LED_0603_1608Metric,,150060GS75000,Wurth Electronics,
J5 ,1,Conn_02x22,Connector:PinHeader_2x22,~,,,
J6 J7 ,2,Conn_01x08,Connector:PinSocket_1x08,~,,,DNP
"""

NEXT = """Reference, Quantity, Value, Footprint, Datasheet, MPN, Mfg, Characteristics, DNP
C26 C1 C92 C19 ,4,"4u7","Capacitor_SMD:C_0603_1608Metric","","LMK107BJ475KAHT","Taiyo Yuden","",""
C11 C12 ,2,"9p","Capacitor_SMD:C_0402_1005Metric","","AC0402CRNPO9BN9R0","Yageo","",""
D1 ,1,"GRN","LED_SMD:LED_0603_1608Metric","","NCD0603G1","NationStar","",""
D2 D3 ,2,"GRN","LED_SMD:LED_0603_1608Metric","","150060GS75000","Wurth Electronics","",""
"""


def board(*, removed: int = 0, swapped: int = 0, added: int = 0) -> bytes:
    """A board of 60 rows: 8 designators each, with the first rows left out, the next with another part, and rows added at the end."""
    rows = ["Reference, Quantity, Value, Footprint, MPN, DNP"]
    for n in range(removed, 60 + added):
        names = [f"R{8 * n + m}" for m in range(8)]
        part = f"NEXT-{n:03}" if removed <= n < removed + swapped else f"PART-{n:03}"
        rows.append(f'"{" ".join(reversed(names))} ",{len(names)},"{n}k",R_0402,{part},')
    return "\n".join(rows).encode()
