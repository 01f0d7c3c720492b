"""The statutory terms of the Regulation (《信访工作条例》), and how their days are counted.

Needs nothing but the standard library; knows no service, no store and no clock.
"""
