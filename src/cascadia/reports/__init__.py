"""Tables to take away: a BOM as CSV or XLSX. Owns no table; reads what its owner's services let the asker see."""
