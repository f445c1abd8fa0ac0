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
